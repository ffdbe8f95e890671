"""A watch comes and goes without a trace of its own: hooks, files, nesting, errors, lack of room."""

from __future__ import annotations

import gc
import multiprocessing
import os
import threading
import weakref
from concurrent.futures import ProcessPoolExecutor
from multiprocessing.context import BaseContext
from pathlib import Path
from typing import Any

import pytest

from pytest_parlab.instrument import join_watches, recorder, watching
from pytest_parlab.instrument import watch as watch_module
from pytest_parlab.instrument.scheduling import run_queue_delay_ns
from pytest_parlab.instrument.sinks import Sink
from pytest_parlab.trace.model import Trace
from tests.unit.instrument import programs

_ABSENT = object()


def test_every_hook_is_gone_after_the_last_watch() -> None:
    """Compared by identity, attribute by attribute."""
    with watching():
        hooked = watch_module._patches.replaced
        assert len(hooked) > 50
        within = [vars(owner).get(name, _ABSENT) for owner, name in hooked]
    before = [vars(owner).get(name, _ABSENT) for owner, name in hooked]
    assert not any(new is old for new, old in zip(within, before, strict=True))
    with watching(), watching():
        assert watch_module._patches.replaced == hooked
    after = [vars(owner).get(name, _ABSENT) for owner, name in hooked]
    assert all(new is old for new, old in zip(after, before, strict=True))
    assert watch_module._patches.replaced == ()
    assert not any("parlab" in str(getattr(value, "__module__", "")) for value in after)


def test_a_watch_that_an_error_leaves_is_closed_and_merged() -> None:
    watch = watching()
    with pytest.raises(KeyError), watch:  # noqa: PT012 - the watch is what raises nothing of its own
        multiprocessing.Value("i", 0).value = 1
        raise KeyError
    assert len(watch.trace.accesses) == 1


def test_a_trace_that_is_asked_for_too_early_is_empty() -> None:
    with watching() as watch:
        assert watch.trace == Trace(0, 0)
    assert len(watch.trace.processes) == 1


def test_two_watches_one_after_another_know_nothing_of_each_other() -> None:
    traces: list[Trace] = []
    for times in (1, 2):
        with watching() as watch:
            value = multiprocessing.Value("i", 0)
            programs.run_all(multiprocessing.get_context(), (programs.add, value, times))
        traces.append(watch.trace)
    assert [len(trace.accesses) for trace in traces] == [2, 3]
    assert [len(trace.processes) for trace in traces] == [2, 2]


def test_an_inner_watch_sees_its_part_and_the_outer_sees_all(context: BaseContext) -> None:
    with watching() as outer:
        value, event = context.Value("i", 0), context.Event()
        programs.run_all(context, (programs.add, value))
        with watching() as inner:
            programs.run_all(context, (programs.add, value))
            setter = context.Process(target=event.set)  # type: ignore[attr-defined]
            setter.start()
            event.wait()
            value.value = 7
            setter.join()
        programs.run_all(context, (programs.add, value))
    assert inner.trace.problems == outer.trace.problems == ()
    assert [len(watch.trace.processes) for watch in (inner, outer)] == [3, 5]
    assert [len(watch.trace.accesses) for watch in (inner, outer)] == [3, 7]
    assert [block.kind for block in inner.trace.blocks] == ["Value('i')"]
    last = next(access for access in inner.trace.accesses if access.strand == 0)
    strand_of_setter = next(s.index for s in inner.trace.strands if s.process == 2)
    assert last.clock[strand_of_setter] > 0


def test_a_watch_in_a_directory_that_was_given_leaves_it(tmp_path: Path) -> None:
    with watching(tmp_path) as watch:
        pass
    assert watch.directory == tmp_path
    assert sorted(path.name for path in tmp_path.iterdir()) == ["0.names", "0.ring", "next"]


def test_paths_are_renamed_where_that_is_asked_for() -> None:
    with watching(rename=lambda path: path.replace(__file__, "lesson.py")) as watch:
        multiprocessing.Value("i", 0).value = 1
    assert {access.site.path for access in watch.trace.accesses} == {"lesson.py"}
    assert watch.trace.accesses[0].site.stack[0][0] == "lesson.py"


def test_watches_that_are_over_are_not_joined(tmp_path: Path) -> None:
    join_watches((tmp_path / "gone",))
    assert recorder.active is None
    watch_module._patches.undo()


@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
def test_threads_that_write_while_their_process_forks_disturb_nothing() -> None:
    stop = threading.Event()
    with watching() as watch:
        context = multiprocessing.get_context("spawn" if os.name == "nt" else "fork")
        value = context.Value("i", 0)
        lock = threading.Lock()

        def keep_writing() -> None:
            while not stop.is_set():
                with lock:
                    value.value += 1

        threads = [threading.Thread(target=keep_writing) for _ in range(3)]
        for thread in threads:
            thread.start()
        other = context.Value("i", 0)
        programs.run_all(context, *[(programs.add, other, 5)] * 5)
        stop.set()
        for thread in threads:
            thread.join()
    assert watch.trace.problems == ()
    of_children = [access for access in watch.trace.accesses if watch.trace.process_of(access.strand).index]
    assert len({access.strand for access in of_children}) == 5
    by_parent = [access for access in watch.trace.accesses if not watch.trace.process_of(access.strand).index]
    assert len({access.strand for access in by_parent}) == 3


def test_threads_have_the_names_that_they_were_given() -> None:
    with watching() as watch:
        value = multiprocessing.Value("i", 0)
        thread = threading.Thread(target=programs.add, args=(value,), name="counter")
        thread.start()
        thread.join()
    assert [strand.name for strand in watch.trace.strands] == [threading.current_thread().name, "counter"]


def test_a_fork_server_older_than_the_watch_has_children_that_are_recorded() -> None:
    if "forkserver" not in multiprocessing.get_all_start_methods():
        pytest.skip("no fork server here")
    context = multiprocessing.get_context("forkserver")
    programs.run_all(context, (programs.nothing,))
    with watching() as watch:
        value = context.Value("i", 0)
        programs.run_all(context, (programs.add, value))
    assert len(watch.trace.accesses) == 2
    programs.run_all(context, (programs.nothing,))


def _watch_here(number: int) -> tuple[int, int]:
    with watching() as watch:
        value = multiprocessing.Value("i", 0)
        programs.run_all(multiprocessing.get_context(), (programs.add, value, number))
    return len(watch.trace.accesses), len(watch.trace.processes)


def test_watches_in_different_processes_do_not_meet() -> None:
    with ProcessPoolExecutor(2) as executor:
        assert list(executor.map(_watch_here, [1, 2, 3, 4])) == [(2, 2), (3, 2), (3, 2), (3, 2)]


def test_the_run_queue_delay_is_told_where_the_system_tells_it(tmp_path: Path) -> None:
    told = run_queue_delay_ns()
    assert told is None or told >= 0
    assert run_queue_delay_ns(tmp_path / "absent") is None
    odd = tmp_path / "odd"
    odd.write_text("no numbers")
    assert run_queue_delay_ns(odd) is None
    odd.write_text("5 17 2")
    assert run_queue_delay_ns(odd) == 17


def test_a_lock_is_not_kept_alive() -> None:
    gc.disable()
    try:
        with watching():
            for kind in ("Lock", "RLock", "Queue", "SimpleQueue"):
                thing = getattr(multiprocessing, kind)()
                gone = weakref.ref(thing)
                del thing
                assert gone() is None
    finally:
        gc.enable()


def test_a_watch_that_is_over_keeps_none_of_its_files_open() -> None:
    """Threads that go on living remember which moments they know to be over, but not where that was written."""
    context = multiprocessing.get_context()
    things: list[Any] = [context.Event(), threading.Event()]
    with watching():
        for thing in things:
            thing.set()
            assert thing.wait(1)
        condition = threading.Condition()
        with condition:
            assert not condition.wait(0.001)
        barrier = context.Barrier(1)
        barrier.wait()
        lock, semaphore = context.Lock(), context.Semaphore(2)
        with lock, semaphore:
            context.Value("i", 0).value += 1
    gc.collect()
    assert [sink for sink in gc.get_objects() if isinstance(sink, Sink) and not sink.directory.exists()] == []
