"""A random priority for each step, drawn again when a step that does not commute with it was taken first.

Yuan, Yang and Gu, "Partial order aware concurrency sampling" (CAV 2018).
"""

from __future__ import annotations

import random

from pytest_parlab.explore.operations import Operation, dependent
from pytest_parlab.explore.run import Run
from pytest_parlab.explore.strategies import chance
from pytest_parlab.explore.strategies.protocol import Board

_KNOWN = 448
"""Processes that there are words for."""


class POS:
    """Always the step with the highest priority.

    Attributes:
        name: See `Strategy`.
        exhausted: Never.
        listens: Yes.
    """

    name = "POS"
    exhausted = False
    listens = True

    def begin(self, words: memoryview, rng: random.Random) -> bool:
        """Seed the chance; word p is the priority of the next step of process p, 0 as long as it has none."""
        chance.seed(words, rng)
        chance.clear(words, _KNOWN)
        return True

    def choose(self, board: Board) -> int:
        """The highest priority; whoever raced with it draws again."""
        words, enabled = board.words, board.enabled
        if not enabled & (enabled - 1):
            return enabled.bit_length() - 1
        best, highest, rest = 0, 0, enabled
        while rest:
            process = (rest & -rest).bit_length() - 1
            rest &= rest - 1
            priority = words[process]
            if not priority:
                words[process] = priority = chance.draw(words) + 1
            if priority > highest:
                best, highest = process, priority
        taken, rest = board.operation(best), enabled & ~(1 << best)
        while rest:
            process = (rest & -rest).bit_length() - 1
            rest &= rest - 1
            if dependent(board.operation(process), taken):
                words[process] = 0
        return best

    def happened(self, board: Board, process: int, operation: Operation) -> None:  # the protocol's
        """Its next step is another."""
        board.words[process] = 0

    def end(self, run: Run) -> None:
        """Nothing to learn."""
