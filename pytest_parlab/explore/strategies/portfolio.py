"""All of them in turn: nobody has to know which one a bug needs."""

from __future__ import annotations

import random

from pytest_parlab.explore.operations import Kind, Operation
from pytest_parlab.explore.run import Run
from pytest_parlab.explore.strategies.exhaustive import Exhaustive
from pytest_parlab.explore.strategies.pct import PCT
from pytest_parlab.explore.strategies.pos import POS
from pytest_parlab.explore.strategies.profile import Profile
from pytest_parlab.explore.strategies.protocol import WORDS, Board, Strategy
from pytest_parlab.explore.strategies.surw import SURW

SMALL = 500
"""Schedules up to which only the exhaustive search is used: it is over soon, and proves something."""
_ACTIVE = WORDS - 2
"""Word that says whose turn it is."""
_EXHAUSTIVE, _SURW, _POS, _PCT = range(4)
_TURNS = (
    *(_EXHAUSTIVE, _SURW, _SURW, _POS),
    *(_EXHAUSTIVE, _SURW, _SURW, _SURW),
    *(_EXHAUSTIVE, _SURW, _SURW, _PCT),
)
"""SURW finds most bugs first; the exhaustive search ends early where there is little to search, with a proof."""


class Portfolio:
    """Exhaustive search, SURW, POS and PCT in turn, and what one sees of the program is known to all.

    Attributes:
        name: See `Strategy`.
        exhausted: The exhaustive search has seen everything.
        listens: Yes.
        exhaustive: Its schedules alone stand for all there are; see `interleavings`.
        active: Whose schedule this is.
    """

    name = "portfolio"
    listens = True

    def __init__(self) -> None:
        self.exhausted = False
        self._profile = Profile()
        self.exhaustive = Exhaustive()
        self._strategies: tuple[Strategy, ...] = (self.exhaustive, SURW(self._profile), POS(), PCT())
        self._count = 0
        self._small = False
        self.active: Strategy = self.exhaustive

    def begin(self, words: memoryview, rng: random.Random) -> bool:
        """Let the next one prepare a schedule; False once the exhaustive search has seen everything."""
        if self.exhausted:
            return False
        while True:
            turn = _EXHAUSTIVE if self._small else _TURNS[self._count % len(_TURNS)]
            self._count += 1
            if self._strategies[turn].begin(words, rng):
                words[_ACTIVE] = turn
                self.active = self._strategies[turn]
                return True
            self._small = False  # the exhaustive search has given up: the same choices led elsewhere

    def choose(self, board: Board) -> int:
        """As the one whose turn it is."""
        return self._strategies[board.words[_ACTIVE]].choose(board)

    def happened(self, board: Board, process: int, operation: Operation) -> None:
        """Told to the one whose turn it is."""
        self._strategies[board.words[_ACTIVE]].happened(board, process, operation)

    def end(self, run: Run) -> None:
        """Learn, whoever chose."""
        if self._count == 1:
            self._small = _schedules_like(run) <= SMALL
        self._profile.learn(run)
        self.active.end(run)
        self.exhausted = self.exhaustive.exhausted


def _schedules_like(run: Run) -> int:
    """In how many orders the steps of a run could be taken if nobody had to wait: (n + m + ...)! / (n! m! ...)."""
    lengths: dict[int, int] = {}
    orders, total = 1, 0
    for step in run.steps:
        if step.operation.kind != Kind.JOIN and step.process:
            total += 1
            lengths[step.process] = own = lengths.get(step.process, 0) + 1
            orders = orders * total // own
    return orders
