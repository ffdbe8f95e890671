"""What the hooks behind the edges leave as it was, and what they do not guess."""

from __future__ import annotations

import multiprocessing
import os
import queue
import select
import selectors
import threading
from multiprocessing import connection
from multiprocessing import process as mp_process
from multiprocessing.context import BaseContext
from pathlib import Path
from typing import Any

import pytest

from pytest_parlab.instrument import conditions, pipes, recorder, watching
from pytest_parlab.trace.model import Trace, happens_before
from pytest_parlab.trace.ring_reading import read_ring
from tests.unit.instrument import edges, edges_of_queues, programs


def is_ordered(trace: Trace) -> bool:
    """Whether what `before` did is ordered before what `after` did."""
    first, second = ([a for a in trace.accesses if a.site.function == name] for name in ("before", "after"))
    assert first
    assert second
    return all(happens_before(one, other) for one in first for other in second)


def test_everything_is_in_its_place_again_when_the_watch_is_over() -> None:
    def hooked() -> list[object]:
        return [os.waitpid, os.wait, select.select, connection.Pipe, vars(mp_process)["_cleanup"]] + [
            vars(owner)[name]
            for owner, name in (
                (selectors.SelectSelector, "select"),
                (threading.Event, "set"),
                (threading.Semaphore, "__enter__"),
                (threading.Barrier, "wait"),
                (threading.Thread, "is_alive"),
                (queue.PriorityQueue, "_put"),
                (queue.Queue, "join"),
            )
        ]

    before = hooked()
    with watching():
        within = hooked()
    assert hooked() == before
    assert not any(one is other for one, other in zip(before, within, strict=True))


def test_what_is_refused_is_refused_as_ever() -> None:
    with watching() as watch:
        condition = multiprocessing.Condition()
        with pytest.raises(AssertionError, match="lock is not owned"):
            condition.notify()
        with pytest.raises(AssertionError, match="must acquire"):
            condition.wait(0)
        of_threads = threading.Condition()
        with pytest.raises(RuntimeError, match="un-acquired lock"):
            of_threads.notify()
        with pytest.raises(RuntimeError, match="un-acquired lock"):
            of_threads.wait(0)
        with pytest.raises(ValueError, match="released too many times"):
            threading.BoundedSemaphore(1).release()
        with pytest.raises(ValueError, match="non-blocking"):
            threading.Semaphore().acquire(blocking=False, timeout=1)
        with pytest.raises(ValueError, match="called too many times"):
            queue.Queue().task_done()
        with pytest.raises(ChildProcessError):
            os.waitpid(os.getpid(), 0)
    assert watch.trace.problems == ()


def test_a_heap_that_cannot_compare_refuses_and_goes_on() -> None:
    with watching():
        heap: queue.PriorityQueue[Any] = queue.PriorityQueue()
        heap.put(1)
        with pytest.raises(TypeError, match="not supported"):
            heap.put("one")
        assert heap.get() in {1, "one"}
        assert heap.get() in {1, "one"}  # the library leaves it in, as it ever did
        assert heap.empty()


def test_a_queue_of_the_users_own_kind_keeps_its_own_order() -> None:
    class Latest(queue.Queue[int]):
        def _put(self, item: int) -> None:
            self.queue.clear()
            self.queue.append(item)

    with watching() as watch:
        latest = Latest()
        latest.put(1)
        latest.put(2)
        assert latest.get() == 2
        assert latest.empty()
    assert watch.trace.problems == ()


class _Equal:
    """All alike."""

    def __lt__(self, other: object) -> bool:
        return False


@pytest.mark.parametrize("twice", [False, True])
def test_an_object_that_is_in_a_heap_twice_orders_nothing(*, twice: bool, tmp_path: Path) -> None:
    """Nobody can tell whose put it came from."""
    with watching() as watch:
        play = edges.Play(multiprocessing.get_context(), tmp_path)
        heap: queue.PriorityQueue[Any] = queue.PriorityQueue()
        item = _Equal()
        with play.thread("before", (heap, "put", item), "mark written"):
            play("await written")
            if twice:
                heap.put(item)
            assert heap.get() is item
            play("after")
    assert is_ordered(watch.trace) is not twice


def test_bytes_order_nothing_where_descriptors_have_no_inodes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(pipes, "number_of_descriptor", lambda _: 0)
    with watching() as watch:
        play = edges.Play(multiprocessing.get_context("fork"), tmp_path)
        edges_of_queues.ordered_bytes(play)
    assert not is_ordered(watch.trace)


def test_only_an_open_descriptor_of_a_system_that_has_them_has_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    number = pipes.number_of_descriptor(reading)
    assert number
    assert number == pipes.number_of_descriptor(writing)
    with monkeypatch.context() as patch:
        patch.setattr(os, "name", "nt")
        assert pipes.number_of_descriptor(reading) == 0
    for descriptor in (reading, writing):
        os.close(descriptor)
    assert pipes.number_of_descriptor(reading) == 0


def test_a_sentinel_is_seen_where_nothing_selects(
    monkeypatch: pytest.MonkeyPatch, context: BaseContext, tmp_path: Path
) -> None:
    """Where sentinels are handles, ``connection.wait`` asks the system itself."""
    ask = select.select
    monkeypatch.delattr(connection, "_WaitSelector")
    monkeypatch.setattr(connection, "wait", lambda handles, timeout=None: ask(handles, [], [], timeout)[0])
    with watching() as watch:
        play = edges.Play(context, tmp_path)
        process = play.start("before")
        assert connection.wait([process.sentinel]) == [process.sentinel]
        play("after")
        process.join()
    assert is_ordered(watch.trace)


@pytest.mark.parametrize(("notified", "expired", "woken_by"), [(1, 0, 1), (2, 0, 2), (1, 1, 1), (2, 1, 0)], ids=str)
def test_which_notify_woke_a_sleeper_is_not_guessed(notified: int, expired: int, woken_by: int) -> None:
    """Another sleeper's sign may have been taken for this one's; then the last ``notify`` need not be the one."""
    with watching():
        record = recorder.active
        assert record is not None
        condition: Any = multiprocessing.Condition()
        sleep = conditions._Sleep(condition, record)
        number = conditions.number_of(condition, record)
        for _ in range(expired):
            other = conditions._Sleep(condition, record)
            assert not other.acquire(block=True, timeout=0)
            other.sign_given()
        for _ in range(notified):
            record.counters.ticket(number)
        condition._wait_semaphore.release()
        assert sleep.acquire(block=True, timeout=None)
        assert sleep.ticket == woken_by


def test_a_sign_that_is_still_to_come_counts_as_one_that_may_be_taken_for_another() -> None:
    with watching():
        record = recorder.active
        assert record is not None
        condition: Any = multiprocessing.Condition()
        assert not conditions._Sleep(condition, record).acquire(block=True, timeout=0)  # its sign is not given
        sleep = conditions._Sleep(condition, record)
        for _ in range(2):
            record.counters.ticket(conditions.number_of(condition, record))
        condition._wait_semaphore.release()
        assert sleep.acquire(block=True, timeout=None)
        assert sleep.ticket == 0


def test_whoever_goes_on_asking_is_told_and_recorded_once() -> None:
    with watching() as watch:
        event, of_threads = multiprocessing.Event(), threading.Event()
        event.set()
        of_threads.set()
        for _ in range(1000):
            assert event.is_set()
            assert of_threads.is_set()
        (ring,) = watch.directory.glob("*.ring")
        assert len(read_ring(ring)[0]) < 100


def test_an_error_callback_counts_as_asking_for_the_error() -> None:
    with watching() as watch, multiprocessing.Pool(1) as pool:
        for callbacks in ({"error_callback": _ignore}, {"callback": _ignore}, {}):
            result: Any = pool.apply_async(programs.reciprocal, (0,), **callbacks)  # type: ignore[arg-type]
            edges.until(result._event.is_set)
        pool.close()
        pool.join()
    assert [task.retrieved_ns is not None for task in watch.trace.tasks] == [True, False, False]


def _ignore(_: object) -> None:
    """Hear and forget."""


@pytest.mark.parametrize("kind", ["Event", "Barrier", "JoinableQueue"])
def test_what_is_older_than_the_watch_has_no_locks_of_the_users_inside(kind: str, tmp_path: Path) -> None:
    context: Any = multiprocessing.get_context("fork")
    thing = context.Barrier(2) if kind == "Barrier" else getattr(context, kind)()
    release, wait = {
        "Event": ((thing, "set"), "wait"),
        "Barrier": ((thing, "wait"), "wait"),
        "JoinableQueue": ((thing, "task_done"), "join"),
    }[kind]
    if kind == "JoinableQueue":
        thing._unfinished_tasks.release()  # as if an item had been put: no feeder thread while this process forks
    with watching() as watch:
        play = edges.Play(context, tmp_path)
        with play.process("before", release, "aside"):
            getattr(thing, wait)()
            play("after")
    assert is_ordered(watch.trace)
    assert [lock for lock in watch.trace.locks if not lock.owner] == []
    assert watch.trace.holdings == ()


def test_a_condition_older_than_the_watch_orders_by_its_notify_alone(tmp_path: Path) -> None:
    """Whoever notifies knows nothing of what the sleeper did before."""
    context: Any = multiprocessing.get_context("fork")
    condition = context.Condition()
    with watching() as watch:
        play = edges.Play(context, tmp_path)
        with play.process(
            (condition, "acquire"), "before", "mark asleep", (condition, "wait"), (condition, "release")
        ):
            play("await asleep")
            with condition:
                condition.notify()
            play("after")
    assert not is_ordered(watch.trace)


@pytest.mark.parametrize(("value", "ordered"), [(0, True), (2, False)])
def test_a_semaphore_older_than_the_watch_is_known_by_the_value_that_it_has_then(
    *, value: int, ordered: bool, tmp_path: Path
) -> None:
    context: Any = multiprocessing.get_context("fork")
    semaphore = context.Semaphore(value)
    with watching() as watch:
        play = edges.Play(context, tmp_path)
        with play.process("before", (semaphore, "release"), "mark written"):
            play("await written")
            semaphore.acquire()
            play("after")
    assert is_ordered(watch.trace) is ordered


def test_a_semaphore_of_one_older_than_the_watch_is_a_lock(tmp_path: Path) -> None:
    semaphore = multiprocessing.Semaphore(1)
    with watching() as watch:
        play = edges.Play(multiprocessing.get_context(), tmp_path)
        with semaphore:
            play("after")
    (access,) = (access for access in watch.trace.accesses if access.site.function == "after")
    assert len(access.locks) == 1


def test_a_semaphore_that_older_children_may_use_orders_nothing(tmp_path: Path) -> None:
    context: Any = multiprocessing.get_context("fork")
    semaphore = context.Semaphore(0)
    older = edges.Play(context, tmp_path)
    with older.process("await leave"):
        with watching() as watch:
            play = edges.Play(context, tmp_path)
            with play.process("before", (semaphore, "release")):
                semaphore.acquire()
                play("after")
        older("mark leave")
    assert not is_ordered(watch.trace)
