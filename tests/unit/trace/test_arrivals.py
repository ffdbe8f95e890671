"""Counters of who has come, in recordings written by hand: what the last one does, and who only looks like it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from pytest_parlab.trace.merge import merge
from pytest_parlab.trace.model import Access, Trace, happens_before
from pytest_parlab.trace.records import Kind
from tests.unit.trace.writing import Process

LEFT, DATA = 40, 50
LOCK, OTHER = 9, 8
SOURCE = """\
def work():
    part.value = 1
    with lock:
        left.value -= 1
        if left.value == 0:
            total.value = part.value
    part.value = 2
    left.value = 3
    left.value += step
    if left.value == 0:
        go()
"""
WRITE_PART, STEP_READ, STEP, CHECK, BEHIND, AFTER, RESET, STEP_BY_ANY, CHECK_ALONE = range(1, 10)
"""Contexts and places alike: numbers of what `place` says."""
LINES = {
    WRITE_PART: (2, "part.value"),
    STEP_READ: (4, "left.value"),
    STEP: (4, "left.value"),
    CHECK: (5, "left.value"),
    BEHIND: (6, "part.value"),
    AFTER: (7, "part.value"),
    RESET: (6, "total.value"),
    STEP_BY_ANY: (9, "left.value"),
    CHECK_ALONE: (10, "left.value"),
}


class Worker:
    """A process that is counted.

    Args:
        process: Its files.
        path: The source.
        locks: What it holds when it is counted.
    """

    def __init__(self, process: Process, path: Path, locks: Sequence[int] = (LOCK,)) -> None:
        self.process = process
        for number, (line, text) in LINES.items():
            column = SOURCE.splitlines()[line - 1].index(text)
            facts = {"path": str(path), "line": line, "function": "work", "stack": [[str(path), line, "work"]]}
            process.names.write("site", number, {**facts, "column": column, "end_column": column + len(text)})
        process.context(WRITE_PART, Kind.WRITE, WRITE_PART)
        process.context(STEP_READ, Kind.READ, STEP_READ, locks=locks)
        process.context(STEP, Kind.WRITE, STEP, previous=[Kind.READ, STEP_READ], locks=locks, kept=locks)
        process.context(CHECK, Kind.READ, CHECK, previous=[Kind.WRITE, STEP], locks=locks, kept=locks)
        process.context(BEHIND, Kind.WRITE, BEHIND, locks=locks)
        process.context(AFTER, Kind.WRITE, AFTER)
        process.context(RESET, Kind.WRITE, RESET, previous=[Kind.READ, CHECK], locks=locks, kept=locks)
        process.context(
            STEP_BY_ANY, Kind.WRITE, STEP_BY_ANY, previous=[Kind.READ, STEP_READ], locks=locks, kept=locks
        )
        process.context(CHECK_ALONE, Kind.READ, CHECK_ALONE, previous=[Kind.READ, STEP_READ], locks=locks, kept=locks)

    def does(self, context: int, cell: int = LEFT) -> None:
        kind = Kind.READ if context in {STEP_READ, CHECK, CHECK_ALONE} else Kind.WRITE
        self.process.event(kind, cell, site=context)

    def writes(self, context: int = WRITE_PART, part: int = 0) -> None:
        self.does(context, DATA | part << 32)

    def is_counted(self, ticket: int, *steps: int, lock: int = LOCK, sign: int | None = None) -> None:
        """It takes the lock, counts, compares and does what else it does under it, or gives a sign in some place."""
        for context in (STEP_READ, STEP, CHECK):
            self.does(context)
        for context in steps:
            self.does(context) if context == RESET else self.writes(context)
        if sign is not None:
            self.process.event(Kind.PUT, 77, 5, site=sign)
        self.process.event(Kind.LOCK_HELD, lock | ticket << 32, 20)
        self.process.event(Kind.LOCK_LEFT, 1, 30)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "lesson.py"
    path.write_text(SOURCE, encoding="utf-8")
    return path


@pytest.fixture
def workers(tmp_path: Path, source: Path) -> list[Worker]:
    Process(tmp_path, 0)
    return [Worker(Process(tmp_path, index), source) for index in (1, 2, 3)]


def accesses(trace: Trace, line: int) -> list[Access]:
    """Those to the data from one line."""
    return [access for access in trace.accesses if access.cell[0] == DATA and access.site.line == line]


def is_ordered(trace: Trace, first: int = 2, second: int = 6) -> bool:
    """Whether all accesses of a line come before all of another line that others make."""
    found = [(one, other) for one in accesses(trace, first) for other in accesses(trace, second)]
    assert found
    return all(happens_before(one, other) for one, other in found)


def test_the_last_one_comes_after_what_all_did_before_they_were_counted(
    tmp_path: Path, workers: list[Worker]
) -> None:
    first, second, last = workers
    for ticket, worker in enumerate((first, second), 1):
        worker.writes(part=ticket)
        worker.is_counted(ticket)
    last.is_counted(3, BEHIND)
    trace = merge(tmp_path)
    assert is_ordered(trace)
    assert trace.problems == ()


def test_the_last_one_may_be_recorded_first(tmp_path: Path, workers: list[Worker]) -> None:
    last, first, second = workers
    last.is_counted(3, BEHIND)
    for ticket, worker in enumerate((first, second), 1):
        worker.writes(part=ticket)
        worker.is_counted(ticket)
    trace = merge(tmp_path)
    assert is_ordered(trace)
    assert trace.problems == ()


def test_what_the_others_do_after_they_were_counted_is_not_ordered(tmp_path: Path, workers: list[Worker]) -> None:
    first, last, _ = workers
    first.is_counted(1)
    first.writes()
    last.is_counted(2, BEHIND)
    assert not is_ordered(merge(tmp_path))


def test_what_the_last_one_does_elsewhere_is_not_ordered(tmp_path: Path, workers: list[Worker]) -> None:
    """In another run it comes there, too, and is not the last one."""
    first, last, _ = workers
    first.writes()
    first.is_counted(1)
    last.is_counted(2, BEHIND)
    last.writes(AFTER)
    trace = merge(tmp_path)
    assert is_ordered(trace)
    assert not is_ordered(trace, 2, 7)


def test_who_has_not_passed_is_not_ordered(tmp_path: Path, workers: list[Worker]) -> None:
    first, last, _ = workers
    first.writes()
    first.is_counted(1)
    last.is_counted(2)
    last.writes(AFTER)
    assert not is_ordered(merge(tmp_path), 2, 7)


def test_who_passes_and_is_not_the_last_is_not_ordered(tmp_path: Path, workers: list[Worker]) -> None:
    """Who came first in this run may come third in another."""
    first, second, third = workers
    first.writes()
    first.is_counted(1)
    second.is_counted(2, BEHIND)
    third.is_counted(3)
    assert not is_ordered(merge(tmp_path))


@pytest.mark.parametrize(("place", "ordered"), [(BEHIND, True), (AFTER, False), (77, False)])
def test_whoever_gets_a_sign_from_the_last_one_knows_what_it_knew_then(
    tmp_path: Path, workers: list[Worker], place: int, *, ordered: bool
) -> None:
    """A sign that is given elsewhere, or nobody knows where, is given by others, too."""
    first, last, reader = workers
    first.writes()
    first.is_counted(1)
    last.is_counted(2, sign=place)
    reader.process.event(Kind.GET, 77, 5)
    reader.writes(AFTER)
    assert is_ordered(merge(tmp_path), 2, 7) is ordered


def test_whoever_gives_such_a_sign_knows_no_more_than_before(tmp_path: Path, workers: list[Worker]) -> None:
    """Until it gets it back."""
    first, last, _ = workers
    first.writes()
    first.is_counted(1)
    last.is_counted(2, sign=BEHIND)
    last.writes(AFTER)
    assert not is_ordered(merge(tmp_path), 2, 7)
    last.process.event(Kind.GET, 77, 5)
    last.writes(AFTER, part=1)
    first_write, after, again = sorted(
        merge(tmp_path).accesses, key=lambda a: (a.cell[0] == LEFT, a.strand, a.position)
    )[:3]
    assert not happens_before(first_write, after)
    assert happens_before(first_write, again)


def test_a_counter_that_is_put_back_is_used_again(tmp_path: Path, workers: list[Worker]) -> None:
    first, second, third = workers
    first.writes()
    first.is_counted(1)
    second.is_counted(2, BEHIND, RESET)
    third.is_counted(3)
    assert is_ordered(merge(tmp_path))


def test_each_round_has_a_last_one(tmp_path: Path, workers: list[Worker]) -> None:
    """Of two that meet twice, each is the last one once, and puts the counter back."""
    first, second, _ = workers
    first.writes(part=1)
    first.is_counted(1)
    second.is_counted(2, BEHIND, RESET)
    second.writes(part=2)
    second.is_counted(3)
    first.is_counted(4, BEHIND, RESET)
    trace = merge(tmp_path)
    before = {access.cell[1]: access for access in accesses(trace, 2)}
    behind = {access.strand: access for access in accesses(trace, 6)}
    assert happens_before(before[1], behind[before[2].strand])
    assert happens_before(before[2], behind[before[1].strand])
    assert not happens_before(behind[before[1].strand], before[2])


def test_a_counter_that_is_put_back_without_the_lock_counts_nobody(tmp_path: Path, workers: list[Worker]) -> None:
    """Somebody may be counted before it is put back, and then is not counted."""
    first, second, third = workers
    second.process.context(RESET, Kind.WRITE, RESET, previous=[Kind.READ, CHECK])
    first.writes()
    first.is_counted(1)
    second.is_counted(2, BEHIND, RESET)
    third.is_counted(3)
    assert not is_ordered(merge(tmp_path))


def test_a_count_without_the_lock_makes_nobody_the_last(tmp_path: Path, workers: list[Worker], source: Path) -> None:
    first, last, _ = workers
    Worker(first.process, source, locks=())
    first.writes()
    first.is_counted(1)
    last.is_counted(2, BEHIND)
    assert not is_ordered(merge(tmp_path))


def test_a_count_under_another_lock_does_not_either(tmp_path: Path, workers: list[Worker], source: Path) -> None:
    first, last, _ = workers
    Worker(first.process, source, locks=[OTHER])
    first.writes()
    first.is_counted(1, lock=OTHER)
    last.is_counted(2, BEHIND)
    assert not is_ordered(merge(tmp_path))


@pytest.mark.parametrize("context", [STEP_BY_ANY, RESET])
def test_a_counter_that_others_change_otherwise_counts_nobody(
    tmp_path: Path, workers: list[Worker], context: int
) -> None:
    first, last, _ = workers
    first.writes()
    first.does(context)
    first.is_counted(1)
    last.is_counted(2, BEHIND)
    assert not is_ordered(merge(tmp_path))


def test_what_the_first_process_writes_before_it_starts_the_others_does_not_matter(
    tmp_path: Path, source: Path
) -> None:
    main, first, last = (Worker(Process(tmp_path, index), source) for index in range(3))
    main.does(AFTER)
    main.process.starts(first.process, 3)
    first.writes()
    first.is_counted(1)
    last.is_counted(2, BEHIND)
    assert is_ordered(merge(tmp_path))
    main.does(AFTER)
    assert not is_ordered(merge(tmp_path))


def test_a_comparison_of_what_somebody_else_may_have_counted_decides_nothing(
    tmp_path: Path, workers: list[Worker]
) -> None:
    """It does not follow directly on a count of its own."""
    first, last, _ = workers
    last.process.context(CHECK, Kind.READ, CHECK, previous=[Kind.WRITE, STEP], locks=[LOCK])
    first.writes()
    first.is_counted(1)
    last.is_counted(2, BEHIND)
    assert not is_ordered(merge(tmp_path))


def test_without_tickets_nobody_is_the_last(tmp_path: Path, workers: list[Worker]) -> None:
    first, last, _ = workers
    first.writes()
    for context in (STEP_READ, STEP, CHECK):
        first.does(context)
    last.is_counted(2, BEHIND)
    assert not is_ordered(merge(tmp_path))


def test_what_is_counted_as_repeated_may_have_come_after_the_count(tmp_path: Path, workers: list[Worker]) -> None:
    """Two accesses and three cells' worth of records: one came again, and nobody knows when."""
    first, last, _ = workers
    first.writes(part=1)
    first.writes(part=2)
    first.is_counted(1)
    first.process.event(Kind.REPEATED, DATA, 3, site=WRITE_PART)
    last.is_counted(2, BEHIND)
    trace = merge(tmp_path)
    assert not is_ordered(trace)
    assert sorted(access.cell[1] for access in accesses(trace, 2)) == [1, 1, 2, 2]


def test_what_is_recorded_as_often_as_it_is_counted_came_before(tmp_path: Path, workers: list[Worker]) -> None:
    first, last, _ = workers
    first.writes(part=1)
    first.writes(part=2)
    first.is_counted(1)
    first.process.event(Kind.REPEATED, DATA, 2, site=WRITE_PART)
    last.is_counted(2, BEHIND)
    assert is_ordered(merge(tmp_path))


def test_a_repetition_ends_where_an_epoch_ends(tmp_path: Path, workers: list[Worker]) -> None:
    """Its count is written down later."""
    first, last, _ = workers
    first.writes()
    first.process.event(Kind.PUT, 77, 1)
    first.is_counted(1)
    first.process.event(Kind.REPEATED, DATA, 5, site=WRITE_PART)
    last.is_counted(2, BEHIND)
    assert is_ordered(merge(tmp_path))


def test_a_repetition_after_what_a_process_published_belongs_to_a_later_epoch(
    tmp_path: Path, workers: list[Worker]
) -> None:
    first, last, _ = workers
    first.writes()
    first.process.event(Kind.SIGNAL, 77 | 1 << 32, 1)
    first.is_counted(1)
    first.process.event(Kind.REPEATED, DATA, 2, site=WRITE_PART)
    last.is_counted(2, BEHIND)
    before, again = accesses(merge(tmp_path), 2)
    assert again.clock[again.strand] == before.clock[before.strand] + 2
    assert not is_ordered(merge(tmp_path))
