"""Lack of room: a recording that does not fit is named, and what is recorded runs on."""

from __future__ import annotations

import errno
import multiprocessing
import tempfile
from pathlib import Path
from typing import Any

import pytest

from pytest_parlab.instrument import sinks, watching
from pytest_parlab.instrument import watch as watch_module
from pytest_parlab.trace import counters, names, ring, session
from tests.unit.instrument import programs

DESCRIPTORS = Path("/proc/self/fd")


def _open_descriptors() -> int:
    return sum(1 for _ in DESCRIPTORS.iterdir()) if DESCRIPTORS.is_dir() else 0


def test_shared_memory_that_is_full_is_left_for_the_temporary_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Path | None] = []
    original = session.make_directory

    def make(parent: Path | None = None) -> Path:
        made.append(parent)
        return original(parent or tmp_path)

    def full(path: str, count: int) -> memoryview:
        if Path(path).parent.parent == tmp_path:
            raise OSError(errno.ENOSPC, "No space left on device")
        return ring.new_starters(path, count)

    monkeypatch.setattr(watch_module, "make_directory", make)
    monkeypatch.setattr(sinks, "new_starters", full)
    with watching() as watch:
        multiprocessing.Value("i", 0).value = 1
    assert made == [None, Path(tempfile.gettempdir())]
    assert len(watch.trace.accesses) == 1
    assert list(tmp_path.iterdir()) == []


def test_a_watch_that_has_room_nowhere_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(sinks, "new_starters", refuse)
    with pytest.raises(OSError, match="No space left on device"), watching():
        pass
    assert watch_module._patches.replaced == ()


def test_a_child_that_has_no_room_runs_on_and_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    real = ring.new_starters

    def refuse_children(path: str, count: int) -> memoryview:
        if not path.endswith("0.ring"):
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(path, count)

    monkeypatch.setattr(sinks, "new_starters", refuse_children)
    with watching() as watch:
        context = multiprocessing.get_context("fork")
        value = context.Value("i", 0)
        (process,) = programs.run_all(context, (programs.add, value))
        assert value.value == 1
    assert watch.trace.problems == (
        f"the process with pid {process.pid} could not be recorded: no room for its events",
    )
    (child,) = (process for process in watch.trace.processes if process.parent is not None)
    assert (child.pid, child.exit_code, child.started_ns) == (process.pid, 0, None)


def test_names_that_have_no_room_are_named_as_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(names.NamesWriter, "write", lambda *_: False)
    with watching() as watch:
        multiprocessing.Value("i", 0).value = 1
    assert watch.trace.problems == ("process 0: places and names could not be written down: no room",)
    assert [access.site.path for access in watch.trace.accesses] == ["<unknown>"]


def test_tickets_that_have_no_room_are_named_as_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(counters, "_map_words", refuse)
    with watching() as watch:
        queue: Any = multiprocessing.SimpleQueue()
        queue.put(1)
        assert queue.get() == 1
        with multiprocessing.Lock():
            multiprocessing.Value("i", 0).value = 1
        multiprocessing.Event().set()
    assert watch.trace.problems == (
        "process 0: positions of accesses, locks and items could not be counted: no room",
    )
    assert [access.version for access in watch.trace.accesses] == [0]


def test_a_long_recording_costs_few_file_descriptors() -> None:
    with watching() as watch:
        before = _open_descriptors()
        value = multiprocessing.Value("i", 0)
        programs.add(value, 100_000)
        assert _open_descriptors() < before + 15
    assert max(access.last_version for access in watch.trace.accesses) == 100_000
    assert not watch.trace.truncated
