"""What a search strategy is asked."""

from __future__ import annotations

import random
from typing import Protocol

from pytest_parlab.explore.operations import Operation
from pytest_parlab.explore.run import Run

WORDS = 16_384
"""Shared 64-bit words that a strategy has for itself."""

REPEATED = -1
"""Chosen instead of a process: whatever follows repeats a schedule that has been run."""


class Board(Protocol):
    """The state of a schedule, as the holder of the token sees it.

    Attributes:
        words: The strategy's own words (`WORDS`, unsigned, 64 bits), shared by all processes, zeros at first.
    """

    words: memoryview

    @property
    def step(self) -> int:
        """How many steps there have been."""
        ...

    @property
    def last(self) -> int:
        """Who took the last one; 0 at the beginning."""
        ...

    @property
    def enabled(self) -> int:
        """Who can go on, one bit a process."""
        ...

    def operation(self, process: int) -> Operation:
        """What a process that can go on is about to do."""
        ...


class Strategy(Protocol):
    """A way to choose schedules.

    Attributes:
        name: As a report calls it.
        exhausted: Every schedule has been covered: it has nothing left to try.
        listens: `happened` wants to be called, and `choose` also where only one can go on.
    """

    name: str
    exhausted: bool
    listens: bool

    def begin(self, words: memoryview, rng: random.Random) -> bool:
        """Prepare the words for the next schedule, with no chance but `rng`; False if there is none left to try."""
        ...

    def choose(self, board: Board) -> int:
        """Who goes on, of two or more that can; runs in the holder of the token and may write to the words.

        `REPEATED` instead of a process says that the rest of this schedule is known: it is left there, and `end` is
        called with what was run, `abandoned`.
        """
        ...

    def happened(self, board: Board, process: int, operation: Operation) -> None:
        """The step that a process takes now, also where there was nothing to choose; runs in that process."""
        ...

    def end(self, run: Run) -> None:
        """Learn from the schedule that was run."""
        ...
