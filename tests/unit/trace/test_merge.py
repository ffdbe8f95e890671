"""From rings written by hand to a trace."""

from __future__ import annotations

import gc
from collections import Counter
from dataclasses import FrozenInstanceError, replace
from pathlib import Path

import pytest

from pytest_parlab.trace import recording
from pytest_parlab.trace.counters import Counters
from pytest_parlab.trace.merge import merge
from pytest_parlab.trace.model import Block, happens_before
from pytest_parlab.trace.names import NamesWriter, read_names
from pytest_parlab.trace.records import COUNT_BITS, VERSION_SHIFT, Kind, Problem, Way
from pytest_parlab.trace.ring import SLOTS
from pytest_parlab.trace.ring_reading import shares
from tests.unit.trace.writing import Process


@pytest.fixture
def main(tmp_path: Path) -> Process:
    process = Process(tmp_path, 0)
    process.site(1, 12)
    return process


def test_a_child_that_was_started_and_joined(tmp_path: Path, main: Process) -> None:
    child = Process(tmp_path, 1)
    main.starts(child, 3, target="work")
    child.event(Kind.PROCESS_END, 4000, 80)
    main.joins(child, -9)
    main.event(Kind.EXIT_CODE_READ, child.pid, 99)
    trace = merge(tmp_path, started_ns=1, finished_ns=100)
    first, second = trace.processes
    assert (first.role, first.parent, first.pid, first.started_ns) == ("main", None, 100, 5)
    assert (second.name, second.target, second.start_method, second.role) == ("child-3", "work", "fork", "process")
    assert (second.created_ns, second.started_ns, second.finished_ns) == (5, 10, 80)
    assert (second.ended, second.cpu_ns, second.exit_code, second.exit_code_read) == (True, 4000, -9, True)
    assert (second.join_called_ns, second.joined_ns) == (90, 95)
    assert str(second.join_site) == "lesson.py:12"
    assert (trace.started_ns, trace.finished_ns, trace.problems) == (1, 100, ())


def test_a_child_that_recorded_nothing_is_known_from_its_parent(tmp_path: Path, main: Process) -> None:
    main.event(Kind.PROCESS_START, 3, 5)
    main.names.write("child", 3, {"name": "silent", "role": "process", "method": "spawn", "target": "work"})
    main.event(Kind.PROCESS_STARTED, 3, 555)
    _, silent = merge(tmp_path).processes
    assert (silent.index, silent.pid, silent.name, silent.started_ns, silent.created_ns) == (
        1,
        555,
        "silent",
        None,
        5,
    )


def test_a_fork_by_hand_is_ordered_by_its_token(tmp_path: Path, main: Process) -> None:
    child = Process(tmp_path, 1, fork=8)
    main.event(Kind.WRITE, 40, 1, site=1)
    main.event(Kind.PROCESS_START, 8, 6)
    child.event(Kind.WRITE, 40, 2)
    first, second = merge(tmp_path).accesses
    assert second.clock[first.strand] >= first.clock[first.strand]


def test_an_access_carries_its_locks_its_place_and_the_one_before(tmp_path: Path, main: Process) -> None:
    main.context(1, Kind.READ, 1, locks=[9])
    main.context(2, Kind.WRITE, 99, previous=[Kind.READ, 1], locks=[9], kept=[9], broken=True)
    main.event(Kind.READ, 40 | 2 << 32, 7 << VERSION_SHIFT, site=1)
    main.event(Kind.WRITE, 40 | 2 << 32, 9 << VERSION_SHIFT | 6, site=2)
    main.event(Kind.REPEATED, 40, 12 | 30 << COUNT_BITS, site=2)
    trace = merge(tmp_path, rename=str.upper)
    read, write = trace.accesses
    assert (read.kind, read.cell, read.version, read.locks) == ("read", (40, 2), 7, frozenset({9}))
    assert (str(read.site), read.site.stack) == ("LESSON.PY:12", (("LESSON.PY", 12, "run"),))
    assert (read.previous, read.broken_by, read.count) == (None, None, 1)
    assert (write.previous, write.kept, str(write.site)) == (read, frozenset({9}), "<unknown>:0")
    assert (write.broken_by, write.count, write.last_version) == (5, 12, 30)
    with pytest.raises(FrozenInstanceError):
        write.count = 13  # type: ignore[misc]
    (block,) = trace.blocks
    assert (block.id, block.kind, block.length) == (40, "shared memory older than the watch", 3)


def test_a_context_whose_line_was_lost_stands_for_nothing(tmp_path: Path, main: Process) -> None:
    main.event(Kind.READ, 40, site=8)
    (access,) = merge(tmp_path).accesses
    assert (str(access.site), access.previous, access.locks) == ("<unknown>:0", None, frozenset())


def test_a_series_of_holdings_is_one_and_begins_where_the_lock_was_asked_for(tmp_path: Path, main: Process) -> None:
    main.event(Kind.LOCK_ASKED, 9, 20, site=1)
    main.event(Kind.LOCK_HELD, 9 | 4 << 32, 25, site=1)
    main.event(Kind.LOCK_LEFT, 3 | 11 << COUNT_BITS, 60)
    (holding,) = merge(tmp_path).holdings
    assert (holding.asked_ns, holding.acquired_ns, holding.released_ns, holding.ticket) == (20, 25, 60, 4)
    assert (holding.count, holding.held_ns, str(holding.site)) == (3, 11, "lesson.py:12")


def test_a_lock_that_another_strand_gives_back_is_given_back(tmp_path: Path, main: Process) -> None:
    main.event(Kind.LOCK_KEPT, 9 | 1 << 32, 25)
    other = Process(tmp_path, 1)
    other.event(Kind.LOCK_FREED, 9 | 1 << 32, 30)
    (holding,) = merge(tmp_path).holdings
    assert (holding.strand, holding.released_ns, holding.held_ns) == (0, 30, 5)


def test_who_was_killed_with_a_lock_has_signed_beside_its_ticket(tmp_path: Path, main: Process) -> None:
    Process(tmp_path, 1)
    words = Counters(tmp_path, 1).ticket_words(9)
    words[0], words[1], words[2], words[3] = 7, 2 << 16, 1, 55
    (holding,) = merge(tmp_path).holdings
    assert (holding.strand, holding.ticket, holding.acquired_ns, holding.released_ns) == (1, 7, 55, None)


def test_memory_that_was_handed_out_is_named(tmp_path: Path, main: Process) -> None:
    main.event(Kind.BLOCK_CREATED, 40, 5)
    main.names.write("block", 40, {"kind": "Value('d')", "length": 1, "site": 1})
    for line in (1, 2):
        main.event(Kind.UNTRACKED, 40 | Way.BUFFER << 32, 6, site=line)
    trace = merge(tmp_path)
    assert [(block.kind, block.untracked) for block in trace.blocks] == [("Value('d')", True)]
    (sentence,) = trace.untracked
    assert sentence == (
        "Value('d') created at lesson.py:12: accesses through a buffer of it (memoryview, bytes, numpy), taken at "
        "lesson.py:12, are not seen; access its elements by index, or guard the buffer with a lock everywhere"
    )


def test_raw_accesses_have_no_version(tmp_path: Path, main: Process) -> None:
    main.event(Kind.RAW_WRITE, 40 | 8 << 32, site=1)
    main.event(Kind.RAW_READ, 40)
    trace = merge(tmp_path)
    assert [(a.kind, a.cell, a.version, a.raw) for a in trace.accesses] == [
        ("write", (40, 8), 0, True),
        ("read", (40, 0), 0, True),
    ]


def polls(process: Process, number: int, word: int) -> None:
    """Polls cell 40 at line 12 and finds a word there."""
    process.context(number, Kind.READ, 1, polls=True)
    process.event(Kind.READ, 40, word, site=number)


def test_who_leaves_a_polling_loop_comes_after_the_write_that_it_saw(tmp_path: Path, main: Process) -> None:
    other = Process(tmp_path, 1)
    for process in (main, other):
        process.context(5, Kind.WRITE, 2)
    main.event(Kind.WRITE, 50, site=5)
    main.event(Kind.WRITE, 40, site=5)
    main.event(Kind.WRITE, 60, site=5)
    polls(other, 1, 1 << VERSION_SHIFT | 1)
    other.event(Kind.WRITE, 50, site=5)
    other.event(Kind.WRITE, 60, site=5)
    trace = merge(tmp_path)
    before, beside = ([a for a in trace.accesses if a.cell == (block, 0)] for block in (50, 60))
    assert happens_before(*sorted(before, key=lambda access: access.strand))
    assert not happens_before(*sorted(beside, key=lambda access: access.strand))


def test_a_cell_that_its_readers_update_is_no_flag(tmp_path: Path, main: Process) -> None:
    other = Process(tmp_path, 1)
    main.context(5, Kind.WRITE, 2)
    main.event(Kind.WRITE, 50, site=5)
    main.event(Kind.WRITE, 40, site=5)
    polls(other, 1, 1 << VERSION_SHIFT | 1)
    other.site(1, 12)
    other.site(2, 13)
    other.context(2, Kind.READ, 2, previous=[Kind.READ, 1])
    other.context(3, Kind.WRITE, 2, previous=[Kind.READ, 2])
    other.event(Kind.READ, 40, 1 << VERSION_SHIFT | 1, site=2)
    other.event(Kind.WRITE, 40, 1 << VERSION_SHIFT | 1, site=3)
    other.event(Kind.WRITE, 50, site=3)
    trace = merge(tmp_path)
    first, second = sorted((a for a in trace.accesses if a.cell == (50, 0)), key=lambda access: access.strand)
    assert not happens_before(first, second)


def test_a_cell_of_a_block_has_a_name(tmp_path: Path, main: Process) -> None:
    facts = {"kind": "RawArray(Point)", "length": 2, "site": 1, "fields": [[0, ".x"], [8, ".y"]], "stride": 16}
    main.names.write("block", 40, facts)
    main.event(Kind.BLOCK_CREATED, 40)
    (points,) = merge(tmp_path).blocks
    assert [points.part(offset) for offset in (0, 8, 24, 25)] == ["[0].x", "[0].y", "[1].y", "[1]"]
    point = replace(points, length=1, stride=0)
    assert [point.part(offset) for offset in (8, 9)] == [".y", ""]
    assert Block(1, "Array('i')", length=3).part(2) == "[2]"
    assert Block(1, "Value('i')").part(0) == ""


def test_items_are_followed_from_put_to_get(tmp_path: Path, main: Process) -> None:
    other = Process(tmp_path, 1)
    main.names.write("queue", 3, {"kind": "JoinableQueue", "site": 1, "maxsize": 4})
    main.names.write("queue", 5, {"kind": "Queue", "site": 1, "maxsize": 0, "older": True})
    for stamp in (50, 51):
        main.event(Kind.PUT, 3, stamp, site=1)
        main.event(Kind.DEPTH, stamp - 49, 60)
    main.event(Kind.SENT, 51, 33, thread=1)
    other.event(Kind.GET, 3, 51)
    other.event(Kind.DEPTH, 0, 70)
    trace = merge(tmp_path)
    (queue,) = trace.queues
    assert (queue.id, queue.kind, queue.maxsize, str(queue.site)) == (3, "JoinableQueue", 4, "lesson.py:12")
    first, second = trace.items
    assert (first.put_depth, first.get_strand, first.size) == (1, None, None)
    assert (second.put_depth, second.put_ns, second.get_depth, second.get_ns, second.size) == (2, 60, 0, 70, 33)


def test_a_ring_that_wrapped_makes_the_trace_truncated(tmp_path: Path, main: Process) -> None:
    assert not merge(tmp_path).truncated
    for _ in range(5 * SLOTS):
        main.event(Kind.WRITE, 40, 1)
    assert merge(tmp_path).truncated


def test_of_rings_that_are_too_much_together_the_newest_events_are_read(
    tmp_path: Path, main: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A small ring is read whole, large ones share what is left; the beginning of a process is known in any case."""
    monkeypatch.setattr(recording, "MOST_CHUNKS", 4)
    small, other = Process(tmp_path, 1), Process(tmp_path, 2)
    for version in range(3 * SLOTS):
        for process in (main, other):
            process.event(Kind.WRITE, 40, version << VERSION_SHIFT)
    small.event(Kind.WRITE, 41, 1)
    trace = merge(tmp_path)
    assert trace.truncated
    assert [process.pid for process in trace.processes] == [100, 101, 102]
    found = Counter(trace.strands[access.strand].process for access in trace.accesses)
    assert found[1] == 1
    assert found[0] == found[2] > SLOTS
    assert max(access.version for access in trace.accesses) == 3 * SLOTS - 1
    monkeypatch.setattr(recording, "MOST_CHUNKS", 8)
    assert not merge(tmp_path).truncated


def test_a_total_that_is_too_little_is_shared_among_who_want_much() -> None:
    assert shares([9, 2, 9, 0], 12) == [5, 2, 5, 0]
    assert shares([9, 2], 12) == [9, 2]
    assert shares([3, 3], 0) == [0, 0]
    assert shares([], 12) == []


def test_the_garbage_collector_is_left_as_it_was(tmp_path: Path) -> None:
    before = gc.isenabled()
    try:
        for enabled in (True, False):
            (gc.enable if enabled else gc.disable)()
            merge(tmp_path)
            assert gc.isenabled() == enabled
        gc.freeze()  # what the program under test has put aside stays there
        frozen = gc.get_freeze_count()
        gc.enable()
        merge(tmp_path)
        assert gc.get_freeze_count() == frozen
    finally:
        gc.unfreeze()
        (gc.enable if before else gc.disable)()


def test_a_ring_that_is_missing_leaves_its_number_free(tmp_path: Path, main: Process) -> None:
    Process(tmp_path, 2)
    trace = merge(tmp_path)
    assert [process.pid for process in trace.processes] == [main.pid, 0, 102]
    assert trace.truncated


def test_a_ring_that_cannot_be_read_is_a_problem(tmp_path: Path, main: Process) -> None:
    (tmp_path / "1.ring").mkdir()
    trace = merge(tmp_path)
    assert len(trace.problems) == 1
    assert trace.problems[0].startswith("the events of process 1 could not be read: ")
    assert trace.truncated
    assert main.pid == 100


def test_what_a_process_could_not_record_is_a_problem(tmp_path: Path, main: Process) -> None:
    for problem in (Problem.COUNTERS, Problem.NAMES, Problem.COUNTERS):
        main.event(Kind.PROBLEM, problem, 20)
    (tmp_path / "4711.unrecorded").touch()
    assert merge(tmp_path).problems == (
        "the process with pid 4711 could not be recorded: no room for its events",
        "process 0: places and names could not be written down: no room",
        "process 0: positions of accesses, locks and items could not be counted: no room",
    )


def test_an_empty_directory_is_an_empty_trace(tmp_path: Path) -> None:
    trace = merge(tmp_path)
    assert (trace.processes, trace.problems, trace.truncated) == ((), (), False)


def test_a_line_that_was_cut_short_is_left_out(tmp_path: Path) -> None:
    writer = NamesWriter(tmp_path / "0.names")
    assert writer.write("name", 1, {"text": "täsk"})
    assert writer.write("name", 1, {"more": 2})
    writer.close()
    assert not writer.write("name", 2, {"text": "late"})
    with (tmp_path / "0.names").open("ab") as file:
        file.write(b'{"about": "name", "id": 2, "te')
    assert read_names(tmp_path / "0.names") == {"name": {1: {"about": "name", "id": 1, "text": "täsk", "more": 2}}}
    assert read_names(tmp_path / "absent") == {}


def test_a_task_without_its_call_is_left_out(tmp_path: Path, main: Process) -> None:
    main.names.write("name", 1, {"text": "square"})
    main.event(Kind.TASK_START, 5, 20)
    main.event(Kind.CALL_SUBMITTED, 6, 15, site=1)
    main.event(Kind.CALL_GROUP, 6, 2)
    main.event(Kind.TASK_FUNCTION, 6, 1 | 3 << 32)
    main.event(Kind.TASK_BYTES, 6, 99)
    main.event(Kind.TASK_START, 6, 20)
    main.event(Kind.TASK_CPU, 6, 7)
    main.event(Kind.TASK_DELAY, 6, 8)
    main.event(Kind.TASK_ERROR, 6, 1)
    main.event(Kind.TASK_END, 6, 30)
    main.event(Kind.RESULT_ASKED, 6, 25, site=1)
    main.event(Kind.GROUP_CREATED, 2, 11, site=1)
    trace = merge(tmp_path)
    (task,) = trace.tasks
    assert (task.id, task.group, task.call, task.function, task.items) == (6, 2, 6, "square", 3)
    assert (task.submitted_ns, task.started_ns, task.finished_ns, task.retrieved_ns) == (15, 20, 30, 25)
    assert (task.process, task.thread, task.cpu_ns, task.delay_ns, task.argument_bytes) == (0, 0, 7, 8, 99)
    assert task.error == "square"
    (group,) = trace.groups
    assert (group.id, group.closed, group.joined, str(group.site)) == (2, False, False, "lesson.py:12")
