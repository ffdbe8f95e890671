"""Chance that lies in the shared words, so that whoever holds the token draws from one stream."""

from __future__ import annotations

import random

from pytest_parlab.explore.strategies.protocol import WORDS

_MASK = (1 << 64) - 1
_STATE = WORDS - 1
"""Where the state of the generator lies: at the end, so that each strategy counts its own words from 0."""


_ZEROS = memoryview(bytes(8 * WORDS)).cast("Q")


def clear(words: memoryview, count: int) -> None:
    """Set the first words to zero, whoever wrote to them before."""
    words[:count] = _ZEROS[:count]


def seed(words: memoryview, rng: random.Random) -> None:
    """Start the stream of a schedule from `rng`."""
    words[_STATE] = rng.getrandbits(64) | 1


def draw(words: memoryview) -> int:
    """The next number of the stream, 32 bits (xorshift64*: Marsaglia, 2003; Vigna, 2016)."""
    state = words[_STATE]
    state ^= state >> 12
    state ^= state << 25 & _MASK
    state ^= state >> 27
    words[_STATE] = state
    return (state * 0x2545F4914F6CDD1D & _MASK) >> 32


def below(words: memoryview, bound: int) -> int:
    """The next number of the stream in ``range(bound)``; `bound` is far below 2**32, the bias therefore nil."""
    return draw(words) * bound >> 32


def pick(words: memoryview, processes: int) -> int:
    """One of the processes in a set that is not empty, one bit each, with equal chances."""
    skip = below(words, processes.bit_count()) if processes & (processes - 1) else 0
    for _ in range(skip):
        processes &= processes - 1
    return (processes & -processes).bit_length() - 1
