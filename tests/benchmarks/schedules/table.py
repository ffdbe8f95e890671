"""All of them, with what others needed to find their bugs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.benchmarks.schedules import buffering, locking, mended, ordering, signalling

METHODS = ("random", "PCT-3", "POS", "SURW")
GEOMETRIC_MEANS = (322.0, 110.0, 79.5, 10.1)
"""Of `METHODS` over the 22 programs of the CS part."""
_NOT_GIVEN = (None, None, None, None)


@dataclass(frozen=True, slots=True)
class Program:
    """One program with a bug.

    Attributes:
        function: Takes a context and raises AssertionError when the bug shows.
        hangs: The bug is a deadlock.
        always: Every schedule has it.
        published: Schedules to the first bug by each of `METHODS`, mean of 20 trials of at most 10,000 (the data
            behind Zhao, Wolff, Mathur and Roychoudhury, "Selectively uniform concurrency testing", 2025); None where
            we have no number, or not all trials found it.
    """

    function: Callable[[Any], Any]
    hangs: bool = False
    always: bool = False
    published: tuple[int | None, ...] = field(default=_NOT_GIVEN)

    @property
    def name(self) -> str:
        return str(self.function.__name__)


PROGRAMS = (
    Program(ordering.account, published=(18, 4, 4, 6)),
    Program(signalling.bluetooth_driver, published=(215, 112, 36, 70)),
    Program(locking.carter01, hangs=True),
    Program(buffering.circular_buffer),
    Program(locking.deadlock01, hangs=True, published=(3, 13, 4, 2)),
    Program(ordering.lazy01, published=(21, 5, 5, 2)),
    Program(locking.phase01, hangs=True, always=True),
    Program(buffering.queue),
    Program(ordering.reorder_3, published=(None, 185, 86, 7)),
    Program(ordering.reorder_4),
    Program(ordering.reorder_5, published=(None, 647, 2169, 10)),
    Program(ordering.reorder_10, published=(None, 3225, None, 17)),
    Program(ordering.reorder_20),
    Program(buffering.stack, published=(176, 3, 2, 5)),
    Program(signalling.sync01, hangs=True, always=True),
    Program(signalling.sync02, hangs=True, always=True),
    Program(ordering.token_ring, published=(13, 8, 9, 8)),
    Program(ordering.twostage, published=(464, 13, 15, 8)),
    Program(ordering.twostage_20, published=(None, 159, 156, 6)),
    Program(locking.wronglock),
    Program(locking.wronglock_3, published=(36, 58, 11, 9)),
)

MENDED: tuple[tuple[Callable[[Any], Any], Any], ...] = (
    (mended.account, -1),
    (mended.bluetooth_driver, 0),
    (mended.carter01, (0, 0)),
    (mended.deadlock01, 1),
    (mended.lazy01, 3),
    (mended.phase01, None),
    (mended.reorder_3, (1, -1)),
    (mended.stack, 3),
    (mended.sync01, 1),
    (mended.sync02, 0),
    (mended.twostage, 2),
    (mended.wronglock_3, 4),
)
"""Twins without the bug, each with the one result that it has."""
