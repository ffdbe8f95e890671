"""What a process has to do besides, before its next operation: what it has put off, and what others do in threads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from pytest_parlab.explore.control.board import Board
from pytest_parlab.explore.control.turns import is_met


class Attendant(Protocol):
    """Somebody who minds what other processes do."""

    def attend(self, kind: int, thing: object, is_blocked: Callable[[], bool]) -> None:
        """Look after it before an operation, and for as long as that cannot be done."""
        ...

    def rest(self) -> None:
        """Look after it, as this process has nothing else to do."""
        ...


class Errands:
    """What is to be done besides.

    Args:
        board: The state of the schedule.

    Attributes:
        attendants: Those who are asked before every operation.
    """

    def __init__(self, board: Board) -> None:
        self.attendants: list[Attendant] = []
        self._board = board
        self._put_off: list[Callable[[], None]] = []

    def add(self, errand: Callable[[], None]) -> None:
        """Put something off until the next operation, as nobody can tell when before it is done."""
        self._put_off.append(errand)

    def run(self) -> None:
        """Do now what was put off."""
        while self._put_off:
            self._put_off.pop(0)()

    def before(self, kind: int, thing: object, needs: int, first: int, second: int) -> None:
        """Do what comes before an operation of which this is known; see `Controller.point`."""
        self.run()
        for attendant in self.attendants:
            attendant.attend(kind, thing, lambda: not is_met(self._board, needs, first, second))

    def rest(self) -> None:
        """Let everybody look who minds something."""
        for attendant in self.attendants:
            attendant.rest()
