"""What was not seen is said in whole sentences: what, where, how, and what to do instead."""

from __future__ import annotations

from pathlib import Path

from pytest_parlab.trace.merge import merge
from pytest_parlab.trace.records import Kind, Way
from tests.unit.trace.writing import Process


def _block(main: Process, number: int, kind: str, *ways: Way) -> None:
    main.event(Kind.BLOCK_CREATED, number, 1)
    main.names.write("block", number, {"kind": kind, "length": 1, "site": 1})
    for way in ways:
        main.event(Kind.UNTRACKED, number | way << 32, 1, site=2)


def test_each_way_past_the_hooks_has_a_sentence_of_its_own(tmp_path: Path) -> None:
    main = Process(tmp_path, 0)
    main.site(1, 3)
    main.site(2, 8)
    _block(main, 40, "RawArray('d')", Way.OTHER, Way.POINTER, Way.BUFFER)
    _block(main, 50, "SharedMemory", Way.BUFFER)
    _block(main, 60, "RawValue('i')")
    assert merge(tmp_path).untracked == (
        (
            "RawArray('d') created at lesson.py:3: accesses through a buffer of it (memoryview, bytes, numpy), taken "
            "at lesson.py:8, are not seen; access its elements by index, or guard the buffer with a lock everywhere"
        ),
        (
            "RawArray('d') created at lesson.py:3: accesses through a pointer to it or its address, taken at "
            "lesson.py:8, are not seen; access the object itself, or guard the pointer with a lock everywhere"
        ),
        (
            "RawArray('d') created at lesson.py:3: accesses to an object inside it whose type cannot be followed, "
            "taken at lesson.py:8, are not seen; share plain numbers, structures of them or arrays"
        ),
        (
            "SharedMemory created at lesson.py:3: accesses through its buf, taken at lesson.py:8, are not seen; use "
            "an Array, a RawArray or a ShareableList"
        ),
    )


def test_memory_older_than_the_watch_is_named_as_far_as_it_is_known(tmp_path: Path) -> None:
    main = Process(tmp_path, 0)
    main.event(Kind.UNTRACKED, 40 | Way.BUFFER << 32)
    trace = merge(tmp_path)
    (block,) = trace.blocks
    assert block.untracked
    (sentence,) = trace.untracked
    assert sentence == (
        "shared memory older than the watch created at an unknown place: accesses through a buffer of it "
        "(memoryview, bytes, numpy) are not seen; access its elements by index, or guard the buffer with a lock "
        "everywhere"
    )


def test_a_process_that_ended_by_itself_and_recorded_nothing_is_named(tmp_path: Path) -> None:
    """One that was killed may never have run, and one that left a note is a problem already."""
    main = Process(tmp_path, 0)
    main.site(1, 3)
    for pid, code in ((555, 0), (556, -15), (557, 0), (558, None)):
        main.event(Kind.PROCESS_START, pid, 5, site=1)
        main.names.write("child", pid, {"name": f"worker-{pid}", "role": "process", "method": "spawn"})
        main.event(Kind.PROCESS_STARTED, pid, pid)
        if code is not None:
            main.event(Kind.END_SEEN, pid | (code & 0xFFFF) << 32, 9)
    (tmp_path / "557.unrecorded").touch()
    trace = merge(tmp_path)
    (sentence,) = trace.untracked
    assert sentence == (
        "worker-555 (pid 555) started at lesson.py:3: it ended with exit code 0, and nothing that it did was seen; "
        "start it the way that multiprocessing itself does"
    )
    assert trace.problems == ("the process with pid 557 could not be recorded: no room for its events",)
