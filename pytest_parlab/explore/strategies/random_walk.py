"""Everybody who can go on has the same chance, at every point."""

from __future__ import annotations

import random

from pytest_parlab.explore.operations import Operation
from pytest_parlab.explore.run import Run
from pytest_parlab.explore.strategies import chance
from pytest_parlab.explore.strategies.protocol import Board


class RandomWalk:
    """Choose at random; the yardstick for all the others.

    Attributes:
        name: See `Strategy`.
        exhausted: Never.
        listens: No.
    """

    name = "random walk"
    exhausted = False
    listens = False

    def begin(self, words: memoryview, rng: random.Random) -> bool:
        """Seed the chance of the schedule."""
        chance.seed(words, rng)
        return True

    def choose(self, board: Board) -> int:
        """Any of them."""
        return chance.pick(board.words, board.enabled)

    def happened(self, board: Board, process: int, operation: Operation) -> None:
        """Nothing to remember."""

    def end(self, run: Run) -> None:
        """Nothing to learn."""
