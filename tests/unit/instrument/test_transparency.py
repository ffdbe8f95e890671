"""What is seen of a program that knew the library before the watch was opened, and what a watch leaves: nothing."""

from __future__ import annotations

import multiprocessing
import os
import threading
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor, as_completed
from multiprocessing import Array, Barrier, Event, JoinableQueue, Lock, Pipe, Pool, Process, Queue, RLock, Value
from multiprocessing.sharedctypes import RawArray, RawValue
from typing import Any

import pytest

from pytest_parlab.instrument import recorder, watching
from pytest_parlab.instrument import watch as watch_module
from pytest_parlab.trace.model import Trace
from tests.unit.instrument import programs
from tests.unit.instrument.programs import HALF_A_MINUTE, add_locked, nothing, square


def cells(trace: Trace) -> set[str]:
    kinds = {block.id: block.kind for block in trace.blocks}
    return {kinds[access.cell[0]] for access in trace.accesses}


def test_names_that_were_imported_before_are_seen() -> None:
    with watching() as watch:
        value, array, raw, raw_array = Value("i", 0), Array("i", 2), RawValue("i", 0), RawArray("i", 2)
        value.value = array[1] = raw.value = raw_array[1] = 1
        queue: Any = Queue()
        queue.put("item")
        assert queue.get(timeout=HALF_A_MINUTE) == "item"
        queue.close()
        queue.join_thread()
        with Lock(), RLock():
            pass
        process = Process(target=add_locked, args=(value, Lock(), 1), name="early")
        process.start()
        process.join(HALF_A_MINUTE)
        with Pool(1) as pool:
            assert pool.map(square, [2]) == [4]
        with ProcessPoolExecutor(1) as executor:
            assert executor.submit(square, 3).result(HALF_A_MINUTE) == 9
        with ThreadPoolExecutor(1) as executor:
            futures = [executor.submit(square, 4)]
            assert [future.result() for future in as_completed(futures)] == [16]
    trace = watch.trace
    assert trace.problems == ()
    assert cells(trace) >= {"Value('i')", "Array('i')", "RawValue('i')", "RawArray('i')"}
    assert [item.put_site.path for item in trace.items if item.put_site] == [__file__]
    assert {lock.kind for lock in trace.locks} >= {"Lock", "RLock"}
    assert "early" in {process.name for process in trace.processes}
    assert sorted(group.kind for group in trace.groups) == ["pool", "process", "thread"]
    assert len(trace.tasks) == 3


def test_things_that_were_made_before_are_seen() -> None:
    """With their methods looked up as usual, on the object."""
    value, lock = Value("i", 0), Lock()
    queue: Any = JoinableQueue()
    event, barrier = Event(), Barrier(1)
    receiver, sender = Pipe(duplex=False)
    with watching() as watch:
        with lock:
            value.value += 1
        assert lock.acquire()
        value.value += 1
        lock.release()
        queue.put(1)
        assert queue.get(timeout=HALF_A_MINUTE) == 1
        queue.task_done()
        queue.join()
        event.set()
        assert event.wait(HALF_A_MINUTE)
        barrier.wait(HALF_A_MINUTE)
        sender.send(1)
        assert receiver.recv() == 1
    queue.close()
    queue.join_thread()
    trace = watch.trace
    assert trace.problems == ()
    assert [len(access.locks) for access in trace.accesses] == [1] * len(trace.accesses)
    assert trace.accesses
    assert len(trace.items) == 1


def test_a_method_that_was_taken_from_a_lock_before_the_watch_is_not_seen() -> None:
    """It leads past every attribute that could be replaced; one that was taken inside is seen."""
    lock, value = Lock(), Value("i", 0)
    acquire, release = lock.acquire, lock.release
    with watching() as watch:
        assert acquire()
        value.value = 1
        release()
        later_acquire, later_release = lock.acquire, lock.release
        assert later_acquire()
        value.value = 2
        later_release()
    assert [len(access.locks) for access in watch.trace.accesses] == [0, 1]


def test_a_property_that_was_taken_from_a_value_before_the_watch_is_not_seen() -> None:
    value = Value("i", 0)
    write = type(value).value.fset
    with watching() as watch:
        write(value, 1)
        value.value += 1
    assert [access.kind for access in watch.trace.accesses] == ["read", "write"]


def test_methods_that_were_taken_before_and_lead_through_a_class_are_seen_where_the_work_is_done() -> None:
    """A bound method of the class itself is the original; what it calls in turn is hooked."""
    process = Process(target=nothing, name="early")
    start, join = process.start, process.join
    with watching() as watch:
        start()
        join(HALF_A_MINUTE)
    names = {one.name for one in watch.trace.processes}
    assert len(watch.trace.processes) == 2
    assert names <= {"MainProcess", "early"}
    assert watch.trace.problems == ()


def snapshot() -> dict[tuple[int, str], object]:
    owners = [module for name, module in _modules() if name.startswith(("multiprocessing", "concurrent.futures"))]
    owners += [threading, os]
    found: dict[tuple[int, str], object] = {}
    for module in owners:
        for name, value in list(vars(module).items()):
            found[id(module), name] = value
            if isinstance(value, type):
                for attribute, inner in list(vars(value).items()):
                    found[id(value), attribute] = inner
    return found


def _modules() -> list[tuple[str, Any]]:
    import sys  # noqa: PLC0415

    return list(sys.modules.items())


def test_nothing_of_the_library_is_changed_by_a_watch() -> None:
    """Every attribute of every class and module of multiprocessing and concurrent.futures, compared by identity."""
    with watching():
        programs.run_all(multiprocessing.get_context(), (nothing,))
    before = snapshot()
    with watching():
        programs.run_all(multiprocessing.get_context(), (nothing,))
        assert Future.done is not before[id(Future), "done"]
        within = snapshot()
    after = snapshot()
    changed = {key for key in before if key in within and within[key] is not before[key]}
    assert len(changed) > 50
    ignored = {"__abstractmethods__", "_abc_impl"}
    left = {name for (owner, name), value in before.items() if after.get((owner, name)) is not value}
    moving = {"_dangling", "_children", "_cleanup", "_process_counter", "_current_process", "_count", "_active"}
    assert left - ignored - moving == set()


def test_a_lock_that_is_older_than_the_watch_is_as_it_was() -> None:
    lock, semaphore = Lock(), multiprocessing.BoundedSemaphore(2)
    things: tuple[Any, ...] = (lock, semaphore)
    for thing in things:
        before = thing.acquire, thing.release
        with watching(), thing:
            assert (thing.acquire, thing.release) != before
        assert (thing.acquire, thing.release) == before
        assert thing.acquire.__self__ is thing._semlock


@pytest.mark.parametrize(("first", "second"), [("one", "two"), ("two", "one")])
def test_watches_in_two_threads_each_see_their_block_whichever_ends_first(first: str, second: str) -> None:
    """And what runs beside it: a watch sees its process, not its thread."""
    traces: dict[str, Trace] = {}
    opened, ended = threading.Barrier(2), threading.Event()

    def work(name: str) -> None:
        with watching() as watch:
            opened.wait(HALF_A_MINUTE)
            context = multiprocessing.get_context("spawn")
            if name == second:
                assert ended.wait(HALF_A_MINUTE)
            value, lock = context.Value("i", 0), context.Lock()
            programs.run_all(context, *[(add_locked, value, lock, 3)] * 2)
            with lock:
                value.value += 1
        traces[name] = watch.trace
        ended.set()

    threads = [threading.Thread(target=work, args=(name,)) for name in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(HALF_A_MINUTE)
    assert recorder.active is None
    assert watch_module._patches.replaced == ()
    for name in (first, second):
        trace = traces[name]
        assert (trace.problems, trace.truncated) == ((), False)
        assert trace.accesses
        assert all(len(access.locks) == 1 for access in trace.accesses)
        workers = [process for process in trace.processes if process.role == "process"]
        assert [process.exit_code for process in workers] in ([0] * 2, [0] * 4)
        assert {process.parent for process in workers} == {0}


def test_a_watch_that_was_opened_inside_may_end_after_the_outer_one() -> None:
    outer, inner = watching(), watching()
    context = multiprocessing.get_context()
    outer.__enter__()
    value, lock = context.Value("i", 0), context.Lock()
    inner.__enter__()
    programs.run_all(context, (add_locked, value, lock, 3))
    outer.__exit__(None, None, None)
    directory = outer.directory
    programs.run_all(context, *[(add_locked, value, lock, 3)] * 2)
    with lock:
        value.value += 1
    inner.__exit__(None, None, None)
    assert not directory.exists()
    trace = inner.trace
    assert (outer.trace.problems, trace.problems) == ((), ())
    assert len(outer.trace.processes) == 2
    assert len(trace.processes) == 4
    assert len(trace.locks) == 1
    assert {number for access in trace.accesses for number in access.locks} == {trace.locks[0].id}


@pytest.mark.parametrize("depth", [1, 3])
def test_hooks_stay_while_any_watch_is_open(depth: int) -> None:
    watches = [watching() for _ in range(depth)]
    for watch in watches:
        watch.__enter__()
    for watch in watches:
        assert watch_module._patches.replaced
        watch.__exit__(None, None, None)
    assert watch_module._patches.replaced == ()
