"""Random priorities, and a few points at which the one who runs loses its own.

Burckhardt, Kothari, Musuvathi and Nagarakatte, "A randomized scheduler with probabilistic guarantees of finding bugs"
(ASPLOS 2010): a bug that needs d steps in a certain order shows with a chance of at least 1 in n k^(d-1), for n
processes and k steps.
"""

from __future__ import annotations

import random

from pytest_parlab.explore.operations import Operation
from pytest_parlab.explore.run import Run
from pytest_parlab.explore.strategies import chance
from pytest_parlab.explore.strategies.protocol import Board

_LOST, _CHANGES, _PRIORITIES = 0, 1, 64
"""Words: changes made so far; steps of the changes; priority of each process, 0 as long as it has none."""
_KNOWN = 448
"""Processes that there are words for."""
_GUESS = 20
"""Steps of a schedule, before one has been seen."""


class PCT:
    """Always the one with the highest priority.

    Args:
        depth: One more than there are points at which the priority of the one who runs is lost.

    Attributes:
        name: See `Strategy`.
        exhausted: Never.
        listens: No.
    """

    exhausted = False
    listens = False

    def __init__(self, depth: int = 3) -> None:
        self.name = f"PCT {depth}"
        self._changes = depth - 1
        self._longest = _GUESS

    def begin(self, words: memoryview, rng: random.Random) -> bool:
        """Draw the points of change; priorities are drawn when a process is first met."""
        chance.seed(words, rng)
        steps = sorted(rng.randrange(1, self._longest + 1) for _ in range(self._changes))
        chance.clear(words, _PRIORITIES + _KNOWN)
        for index, step in enumerate(steps, _CHANGES):
            words[index] = step
        return True

    def choose(self, board: Board) -> int:
        """The highest priority, after the last one has lost his where that is due."""
        words, lost = board.words, board.words[_LOST]
        while lost < self._changes and board.step >= words[_CHANGES + lost]:
            lost += 1
            words[_LOST] = lost
            words[_PRIORITIES + board.last] = self._changes + 1 - lost
        best, highest, rest = 0, 0, board.enabled
        while rest:
            process = (rest & -rest).bit_length() - 1
            rest &= rest - 1
            priority = words[_PRIORITIES + process]
            if not priority:
                words[_PRIORITIES + process] = priority = chance.draw(words) + self._changes + 1
            if priority > highest:
                best, highest = process, priority
        return best

    def happened(self, board: Board, process: int, operation: Operation) -> None:
        """Nothing to remember."""

    def end(self, run: Run) -> None:
        """Remember how long schedules are."""
        self._longest = max(len(run.steps), 1)
