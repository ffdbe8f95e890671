"""Locks that one strand takes and another gives back, in recordings written by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_parlab.trace.merge import merge
from pytest_parlab.trace.model import Access, Trace, happens_before
from pytest_parlab.trace.records import Kind
from tests.unit.trace.writing import Process

LOCK, DATA = 9, 50
WRITE, GUARDED, FOLLOWING = 1, 2, 3
"""Contexts that every process of these recordings has: without the lock, under it, and after an access under it."""


@pytest.fixture
def processes(tmp_path: Path) -> list[Process]:
    made = [Process(tmp_path, index) for index in range(3)]
    for process in made:
        process.site(1, 11)
        process.context(WRITE, Kind.WRITE, 1)
        process.context(GUARDED, Kind.WRITE, 1, locks=[LOCK])
        process.context(FOLLOWING, Kind.WRITE, 1, previous=[Kind.WRITE, 1], locks=[LOCK], kept=[LOCK])
    return made


def ticket(number: int) -> int:
    return LOCK | number << 32


def writes(process: Process, context: int = WRITE) -> None:
    process.event(Kind.WRITE, DATA, site=context)


def accesses(trace: Trace) -> list[Access]:
    """By process."""
    return sorted(trace.accesses, key=lambda access: (access.strand, access.position))


def test_whoever_takes_it_next_comes_after_whoever_gave_it_back(tmp_path: Path, processes: list[Process]) -> None:
    taker, giver, _ = processes
    writes(giver)
    giver.event(Kind.LOCK_FREED, ticket(1), 20)
    writes(giver)
    taker.event(Kind.LOCK_KEPT, ticket(1), 10)
    taker.event(Kind.LOCK_PASSED, ticket(1), 30)
    writes(taker)
    after, before, since = accesses(merge(tmp_path))
    assert happens_before(before, after)
    assert not happens_before(since, after)


def test_another_holding_of_it_orders_nothing(tmp_path: Path, processes: list[Process]) -> None:
    taker, giver, _ = processes
    writes(giver)
    giver.event(Kind.LOCK_FREED, ticket(1), 20)
    taker.event(Kind.LOCK_PASSED, ticket(2), 30)
    writes(taker)
    after, before = accesses(merge(tmp_path))
    assert not happens_before(before, after)


def test_a_holding_that_another_ended_protects_nothing(tmp_path: Path, processes: list[Process]) -> None:
    """Nor do the other holdings of the same strand, for nobody knows which they were; those of others do."""
    taker, giver, third = processes
    for process in (taker, third):
        writes(process, GUARDED)
        writes(process, FOLLOWING)
    taker.event(Kind.LOCK_KEPT, ticket(1), 10)
    third.event(Kind.LOCK_KEPT, ticket(2), 10)
    giver.event(Kind.LOCK_FREED, ticket(1), 20)
    found = accesses(merge(tmp_path))
    assert [(set(access.locks), set(access.kept)) for access in found] == [
        (set(), set()),
        (set(), set()),
        ({LOCK}, set()),
        ({LOCK}, {LOCK}),
    ]


def test_a_lock_that_is_kept_to_the_end_protects(tmp_path: Path, processes: list[Process]) -> None:
    taker, _, _ = processes
    writes(taker, GUARDED)
    taker.event(Kind.LOCK_KEPT, ticket(1), 10)
    [access] = accesses(merge(tmp_path))
    assert access.locks == {LOCK}


def test_a_semaphore_that_lets_in_two_protects_and_orders_nobody(tmp_path: Path, processes: list[Process]) -> None:
    first, second, third = processes
    for process in (first, second):
        writes(process, GUARDED)
    third.event(Kind.LOCK_FREED, LOCK, 20)
    second.event(Kind.LOCK_PASSED, LOCK, 20)
    writes(second)
    found = accesses(merge(tmp_path))
    assert [access.locks for access in found] == [frozenset()] * 3
    assert not any(happens_before(one, other) for one in found for other in found if one.strand != other.strand)
