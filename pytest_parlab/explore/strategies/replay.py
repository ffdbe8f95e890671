"""The schedule that was, step by step; after its end nobody is interrupted who can go on."""

from __future__ import annotations

import random
from collections.abc import Sequence

from pytest_parlab.explore.operations import Operation
from pytest_parlab.explore.run import Run
from pytest_parlab.explore.strategies.protocol import WORDS, Board

DIVERGED = -2
"""Chosen where somebody who went on then cannot go on now."""


class Replay:
    """Repeats a schedule.

    Args:
        schedule: Who took each step.
        strict: Somebody who cannot go on now is a divergence; otherwise another goes on in its place.
    """

    name = "replay"
    listens = False

    def __init__(self, schedule: Sequence[int] = (), *, strict: bool = True) -> None:
        self.schedule = tuple(schedule)[: WORDS - 2]
        self.strict = strict
        self.exhausted = False

    def begin(self, words: memoryview, rng: random.Random) -> bool:
        """Write the schedule down; there is only this one."""
        if self.exhausted:
            return False
        words[0], words[1] = len(self.schedule), self.strict
        for index, process in enumerate(self.schedule, 2):
            words[index] = process
        return True

    def choose(self, board: Board) -> int:
        """Whoever went on at this step."""
        words, step, enabled = board.words, board.step, board.enabled
        if step < words[0]:
            process: int = words[2 + step]
            if enabled >> process & 1:
                return process
            if words[1]:
                return DIVERGED
        return board.last if enabled >> board.last & 1 else (enabled & -enabled).bit_length() - 1

    def happened(self, board: Board, process: int, operation: Operation) -> None:
        """Nothing depends on it."""

    def end(self, run: Run) -> None:
        """There is no other."""
        self.exhausted = True
