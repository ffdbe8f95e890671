"""Polled flags in recordings written by hand: who has waited for whom, and which cells are no flags."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_parlab.trace.edges import Links
from pytest_parlab.trace.flags import order_by_flags
from pytest_parlab.trace.merge import merge
from pytest_parlab.trace.model import Access, Trace, happens_before
from pytest_parlab.trace.recording import Recording, read_recordings
from pytest_parlab.trace.records import VERSION_SHIFT, Kind, cell_number
from tests.unit.trace.writing import Process

FLAG, DATA = 40, 50
READ, WRITE, POLL, SET = 1, 2, 3, 4
"""Contexts that every process of these recordings has: of other cells, and of the flag."""


def word(version: int, writer: int) -> int:
    """The word of a cell that was written `version` times, the last time by the process with index `writer`."""
    return version << VERSION_SHIFT | writer + 1


@pytest.fixture
def processes(tmp_path: Path) -> list[Process]:
    made = [Process(tmp_path, index) for index in range(3)]
    for process in made:
        for number in range(1, 5):
            process.site(number, number)
        process.context(READ, Kind.READ, 1)
        process.context(WRITE, Kind.WRITE, 2)
        process.context(POLL, Kind.READ, 3, polls=True)
        process.context(SET, Kind.WRITE, 4)
    return made


def polls(process: Process, found: int, cell: int = FLAG) -> None:
    process.event(Kind.READ, cell, found, site=POLL)


def sets(process: Process, found: int, cell: int = FLAG) -> None:
    process.event(Kind.WRITE, cell, found, site=SET)


def updates(process: Process, found: int, cell: int = FLAG) -> None:
    """Reads the cell in one place and writes it in another, with nothing in between."""
    process.context(10, Kind.READ, 1, previous=[Kind.READ, 3])
    process.context(11, Kind.WRITE, 2, previous=[Kind.READ, 1])
    process.event(Kind.READ, cell, found, site=10)
    process.event(Kind.WRITE, cell, found, site=11)


def data(trace: Trace) -> list[Access]:
    """The accesses to the data, by process."""
    return sorted((a for a in trace.accesses if a.cell[0] == DATA), key=lambda access: access.strand)


def linked(directory: Path) -> tuple[list[Recording], Links]:
    recordings, _ = read_recordings(directory)
    links = Links()
    order_by_flags(recordings, links)
    return recordings, links


def kinds(recording: Recording, subject: int) -> list[int]:
    return [event.kind for event in recording.events if event.subject == subject]


def test_nothing_is_changed_where_nobody_polls(tmp_path: Path, processes: list[Process]) -> None:
    first, second, _ = processes
    sets(first, 0)
    first.event(Kind.SEEN, FLAG | 1 << 32, 1)
    second.event(Kind.READ, FLAG, word(1, 0), site=READ)
    before = [recording.events for recording in read_recordings(tmp_path)[0]]
    recordings, links = linked(tmp_path)
    assert [recording.events for recording in recordings] == before
    assert links.reads_from == {}


def test_a_flag_of_one_writer_orders_though_its_writer_polls_it_too(tmp_path: Path, processes: list[Process]) -> None:
    """Whoever alone writes a cell loses no update, so reading it first is no check of anything."""
    first, second, _ = processes
    first.event(Kind.WRITE, DATA, site=WRITE)
    polls(first, 0)
    updates(first, 0)
    polls(second, word(1, 0))
    second.event(Kind.WRITE, DATA, site=WRITE)
    assert happens_before(*data(merge(tmp_path)))


def test_an_update_of_one_writer_orders_nobody_who_did_not_see_it(tmp_path: Path, processes: list[Process]) -> None:
    first, second, _ = processes
    first.event(Kind.WRITE, DATA, site=WRITE)
    sets(first, 0)
    polls(second, 0)
    second.event(Kind.WRITE, DATA, site=WRITE)
    one, other = data(merge(tmp_path))
    assert not happens_before(one, other)
    assert not happens_before(other, one)


def test_two_processes_take_turns_with_one_cell(tmp_path: Path, processes: list[Process]) -> None:
    """Each waits for its turn and then gives it away: two writers that poll, and a flag nonetheless."""
    first, second, _ = processes
    for process in (first, second):
        process.context(SET, Kind.WRITE, 4, previous=[Kind.READ, 3])
    polls(first, 0)
    first.event(Kind.WRITE, DATA, site=WRITE)
    sets(first, 0)
    polls(second, word(1, 0))
    second.event(Kind.WRITE, DATA, site=WRITE)
    sets(second, word(1, 0))
    polls(first, word(2, 1))
    first.event(Kind.READ, DATA, site=READ)
    written, read, between = data(merge(tmp_path))
    assert (written.kind, read.kind) == ("write", "read")
    assert happens_before(written, between)
    assert happens_before(between, read)


@pytest.mark.parametrize("previous", [[Kind.READ, 1], [Kind.WRITE, 4]], ids=["after a read", "after a write"])
def test_a_cell_that_two_processes_poll_and_update_is_no_flag(
    tmp_path: Path, processes: list[Process], previous: list[int]
) -> None:
    first, second, _ = processes
    first.event(Kind.WRITE, DATA, site=WRITE)
    sets(first, 0)
    polls(second, word(1, 0))
    second.context(11, Kind.WRITE, 2, previous=previous)
    second.event(Kind.WRITE, FLAG, word(1, 0), site=11)
    second.event(Kind.WRITE, DATA, site=WRITE)
    assert not happens_before(*data(merge(tmp_path)))


@pytest.mark.parametrize("lost", ["the context before", "the place before", "its own place"])
def test_what_is_not_known_of_a_write_makes_it_no_update(tmp_path: Path, processes: list[Process], lost: str) -> None:
    first, second, _ = processes
    first.event(Kind.WRITE, DATA, site=WRITE)
    sets(first, 0)
    polls(second, word(1, 0))
    if lost == "the place before":
        second.context(11, Kind.WRITE, 2, previous=[Kind.READ, 77])
    elif lost == "its own place":
        second.context(11, Kind.WRITE, 77, previous=[Kind.READ, 1])
    second.event(Kind.WRITE, FLAG, word(1, 0), site=11)
    second.event(Kind.WRITE, DATA, site=WRITE)
    assert happens_before(*data(merge(tmp_path)))


def test_an_update_in_another_function_than_the_read_is_none(tmp_path: Path, processes: list[Process]) -> None:
    first, second, _ = processes
    first.event(Kind.WRITE, DATA, site=WRITE)
    sets(first, 0)
    polls(second, word(1, 0))
    place = {"path": "lesson.py", "line": 30, "function": "elsewhere", "column": 4, "end_column": 9, "stack": []}
    second.names.write("site", 20, place)
    second.context(11, Kind.WRITE, 20, previous=[Kind.READ, 1])
    second.event(Kind.WRITE, FLAG, word(1, 0), site=11)
    second.event(Kind.WRITE, DATA, site=WRITE)
    assert happens_before(*data(merge(tmp_path)))


def test_who_updates_and_does_not_poll_makes_no_difference(tmp_path: Path, processes: list[Process]) -> None:
    """Workers count up, somebody else waits until all have: what each did before its count comes first."""
    first, second, third = processes
    for writer, found in ((first, 0), (second, word(1, 0))):
        writer.event(Kind.WRITE, DATA | writer.pid << 32, site=WRITE)
        updates(writer, found)
    polls(third, word(1, 0))
    polls(third, word(2, 1))
    for writer in (first, second):
        third.event(Kind.READ, DATA | writer.pid << 32, site=READ)
    trace = merge(tmp_path)
    for writer in (first, second):
        assert happens_before(*sorted((a for a in trace.accesses if a.cell[1] == writer.pid), key=lambda a: a.strand))


def test_a_poll_comes_after_the_last_write_of_that_process_that_was_recorded(
    tmp_path: Path, processes: list[Process]
) -> None:
    """Writes alike are recorded once: of the one that was seen it is known only what came before an earlier one."""
    first, second, _ = processes
    first.event(Kind.WRITE, DATA, site=WRITE)
    sets(first, 0)
    sets(first, word(1, 0))
    first.event(Kind.WRITE, DATA | 1 << 32, site=WRITE)
    polls(second, word(9, 0))
    second.event(Kind.WRITE, DATA, site=WRITE)
    second.event(Kind.WRITE, DATA | 1 << 32, site=WRITE)
    sets(first, word(12, 0))
    _, links = linked(tmp_path)
    assert links.reads_from == {(FLAG, word(9, 0)): 2}
    trace = merge(tmp_path)
    before, since = ([a for a in data(trace) if a.cell[1] == index] for index in (0, 1))
    assert happens_before(*before)
    assert not happens_before(*since)


def test_a_poll_that_saw_another_process_than_the_last_recorded_is_ordered_after_that_one_alone(
    tmp_path: Path, processes: list[Process]
) -> None:
    """The third write is the second process's; the first process's two are no reason to order anything."""
    first, second, third = processes
    sets(first, 0)
    sets(second, word(1, 0))
    sets(first, word(2, 1))
    polls(third, word(3, 0))
    polls(third, word(2, 1))
    _, links = linked(tmp_path)
    assert links.reads_from == {(FLAG, word(3, 0)): 3, (FLAG, word(2, 1)): 2}


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (0, "nobody wrote it yet"),
        (word(1, 2), "its writer has recorded no write"),
        (word(1, 1), "it is the poller's own"),
        (word(1, 900), "there is no such process"),
    ],
)
def test_a_poll_that_saw_nothing_of_anybody_is_ordered_after_nothing(
    tmp_path: Path, processes: list[Process], found: int, why: str
) -> None:
    first, second, _ = processes
    sets(first, word(4, 0))
    sets(second, 0)
    polls(second, found)
    _, links = linked(tmp_path)
    assert links.reads_from == {}, why


def test_every_access_to_a_flag_counts_and_none_to_its_neighbour(tmp_path: Path, processes: list[Process]) -> None:
    first, second, _ = processes
    for cell in (FLAG, FLAG | 1 << 32):
        sets(first, 0, cell)
        second.event(Kind.READ, cell, word(1, 0), site=READ)
    polls(second, word(1, 0))
    (writer, reader, _), _ = linked(tmp_path)
    assert (kinds(writer, FLAG), kinds(writer, FLAG | 1 << 32)) == ([Kind.FLAG_WRITE], [Kind.WRITE])
    assert kinds(reader, FLAG) == [Kind.FLAG_READ, Kind.FLAG_READ]
    assert kinds(reader, FLAG | 1 << 32) == [Kind.READ]


def raw(processes: list[Process], cell: int) -> None:
    """The first process publishes a write to a cell without a lock; the second polls it and sees that."""
    first, second, _ = processes
    number = cell_number(FLAG, cell)
    for process in (first, second):
        process.context(5, Kind.RAW_WRITE, 4)
        process.context(6, Kind.RAW_READ, 3, polls=True)
    first.event(Kind.WRITE, DATA, site=WRITE)
    first.event(Kind.RAW_WRITE, FLAG | cell << 32, site=5)
    first.event(Kind.SIGNAL, number | 1 << 32, 0)
    second.event(Kind.RAW_READ, FLAG | cell << 32, site=6)
    second.event(Kind.SEEN, number | 1 << 32, 0)


@pytest.mark.parametrize("cell", [0, 3])
def test_a_flag_without_a_lock_orders_by_what_was_published(
    tmp_path: Path, processes: list[Process], cell: int
) -> None:
    raw(processes, cell)
    processes[1].event(Kind.WRITE, DATA, site=WRITE)
    assert happens_before(*data(merge(tmp_path)))


@pytest.mark.parametrize("cell", [0, 3])
def test_what_was_published_of_a_cell_that_is_no_flag_is_taken_out(
    tmp_path: Path, processes: list[Process], cell: int
) -> None:
    """It is polled and updated by two; what else was seen in this run stays."""
    raw(processes, cell)
    _, second, _ = processes
    second.context(7, Kind.RAW_READ, 1, previous=[Kind.RAW_READ, 3])
    second.context(8, Kind.RAW_WRITE, 2, previous=[Kind.RAW_READ, 1])
    second.event(Kind.RAW_READ, FLAG | cell << 32, site=7)
    second.event(Kind.RAW_WRITE, FLAG | cell << 32, site=8)
    second.event(Kind.SEEN, 99 | 1 << 32, 2)
    second.event(Kind.WRITE, DATA, site=WRITE)
    (_, reader, _), _ = linked(tmp_path)
    assert [event.subject for event in reader.events if event.kind == Kind.SEEN] == [99 | 1 << 32]
    assert not happens_before(*data(merge(tmp_path)))


def test_an_event_of_the_library_that_shares_a_number_with_an_updated_value_stays(
    tmp_path: Path, processes: list[Process]
) -> None:
    """Only what was published for a cell without a lock goes by the number of the cell."""
    first, second, _ = processes
    other_cell = 5
    sets(first, 0, FLAG | other_cell << 32)
    polls(second, word(1, 0), FLAG | other_cell << 32)
    updates(second, word(1, 0), FLAG | other_cell << 32)
    first.event(Kind.WRITE, DATA, site=WRITE)
    first.event(Kind.SIGNAL, FLAG | 1 << 32, 0)
    second.event(Kind.SEEN, FLAG | 1 << 32, 0)
    second.event(Kind.WRITE, DATA, site=WRITE)
    assert happens_before(*data(merge(tmp_path)))
