"""Litmus programs: each so small that all that it can do is known by reasoning."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

A_SECOND = 1.0
AN_HOUR = 3600.0
"""Of virtual time."""
YES, NO = True, False
PATIENCE_S = 280.0
"""Of real time: a search ends when it has seen all, not when a busy machine has spent some seconds on it."""

Program = Callable[[Any], Any]
_Program = TypeVar("_Program", bound=Program)


@dataclass(frozen=True)
class Litmus:
    """A program of one context, and what it can give.

    Attributes:
        function: Makes its own objects and processes with the context.
        outcomes: Every outcome that a schedule of it has: no other, and none less.
    """

    function: Program
    outcomes: frozenset[Any]

    @property
    def name(self) -> str:
        """Module and function, which is how a test is called."""
        return f"{self.function.__module__.rpartition('.')[2]}.{self.function.__name__}"


LITMUS: list[Litmus] = []


def gives(*outcomes: Any) -> Callable[[_Program], _Program]:
    """State what a program returns, raises or hangs in, over all its schedules."""

    def known(function: _Program) -> _Program:
        LITMUS.append(Litmus(function, frozenset(outcomes)))
        return function

    return known


def together(*processes: Any) -> None:
    """Start the processes in this order, and wait for all of them."""
    for process in processes:
        process.start()
    for process in processes:
        process.join()


def add(cell: Any) -> None:
    """Add one, in two steps."""
    cell.value += 1


def put_into(cell: Any, value: int) -> None:
    """Write a value to a cell."""
    cell.value = value
