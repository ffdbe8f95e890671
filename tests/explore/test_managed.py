"""Calls of proxies are scheduled like accesses to memory, and what cannot be is said."""

from __future__ import annotations

import multiprocessing
import queue as queues
from collections.abc import Callable
from typing import Any

import pytest

from pytest_parlab.explore.exploration import DEADLOCK, Exploration
from pytest_parlab.explore.exploring import explore
from tests.explore.litmus import NO, YES, together


def search(function: Callable[[Any], Any]) -> Exploration:
    found = explore(function, multiprocessing.get_context("fork"), check=lambda _: None)
    assert found.exhausted, found.undecided
    return found


def add_to_entry(counts: Any) -> None:
    counts["n"] = counts.get("n", 0) + 1


def add_under_lock(counts: Any, lock: Any) -> None:
    with lock:
        add_to_entry(counts)


def add_to_attribute(space: Any) -> None:
    space.n += 1


def append(items: Any, item: int) -> None:
    items.append(item)


def put(queue: Any) -> None:
    queue.put(1)


def say(event: Any) -> None:
    event.set()


def two_add(context: Any) -> int:
    with context.Manager() as manager:
        counts = manager.dict()
        together(*(context.Process(target=add_to_entry, args=(counts,)) for _ in range(2)))
        return int(counts["n"])


def two_add_to_a_namespace(context: Any) -> int:
    with context.Manager() as manager:
        space = manager.Namespace(n=0)
        together(*(context.Process(target=add_to_attribute, args=(space,)) for _ in range(2)))
        return int(space.n)


def two_add_under_a_lock(context: Any) -> int:
    manager = context.Manager()  # it is ended with its process
    counts, lock = manager.dict(), manager.Lock()
    together(*(context.Process(target=add_under_lock, args=(counts, lock)) for _ in range(2)))
    return int(counts["n"])


def two_append(context: Any) -> list[int]:
    with context.Manager() as manager:
        items = manager.list()
        together(*(context.Process(target=append, args=(items, item)) for item in range(2)))
        return list(items)


def take(context: Any) -> int:
    with context.Manager() as manager:
        queue = manager.Queue()
        process = context.Process(target=put, args=(queue,))
        process.start()
        taken = int(queue.get())
        process.join()
        return taken


def await_event(context: Any) -> tuple[bool, bool]:
    with context.Manager() as manager:
        event, other = manager.Event(), manager.Event()
        process = context.Process(target=say, args=(event,))
        process.start()
        seen = event.wait(), other.wait(5)
        process.join()
        return seen


def look_without_waiting(context: Any) -> list[Any]:
    with context.Manager() as manager:
        queue, lock = manager.Queue(1), manager.Lock()
        seen: list[Any] = [lock.acquire(), lock.acquire(NO), lock.acquire(YES, 5), queue.put(1)]
        calls: list[Callable[[], Any]] = [lambda: queue.put(2, NO), lambda: queue.put(2, timeout=5)]
        calls += [queue.get, queue.get_nowait, lambda: queue.get(timeout=5)]
        for call in calls:
            try:
                seen.append(call())
            except (queues.Full, queues.Empty) as error:
                seen.append(type(error).__name__)
        return seen


@pytest.mark.parametrize(
    ("function", "outcomes"),
    [
        (two_add, {1, 2}),
        (two_add_to_a_namespace, {1, 2}),
        (two_add_under_a_lock, {2}),
        (two_append, {(0, 1), (1, 0)}),
        (take, {1}),
        (await_event, {(True, False)}),
        (look_without_waiting, {(True, False, False, None, "Full", "Full", 1, "Empty", "Empty")}),
    ],
)
def test_what_proxies_can_give_is_found(function: Callable[[Any], Any], outcomes: set[Any]) -> None:
    assert set(search(function).outcomes) == outcomes


def take_the_lock_twice(context: Any) -> None:
    with context.Manager() as manager:
        lock = manager.Lock()
        lock.acquire()
        lock.acquire()


def test_a_deadlock_at_a_managed_lock_is_told() -> None:
    found = search(take_the_lock_twice)
    assert set(found.outcomes) == {DEADLOCK}
    (failure,) = found.failures
    actions = [f"{moment.action} {moment.subject.partition(' made at ')[0]}" for moment in failure.moments]
    assert actions == ["calls acquire() of managed Lock", "waits for managed Lock"]
    assert failure.blocked[0].waits_for.startswith("a change of managed Lock made at test_managed.py:")


def keep_one_entry(context: Any) -> None:
    with context.Manager() as manager:
        counts = manager.dict()
        add_to_entry(counts)
        raise ValueError(counts.copy())


def test_a_call_is_told_with_what_it_was_given_and_gave() -> None:
    (failure,) = search(keep_one_entry).failures
    assert [moment.action for moment in failure.moments] == [
        "calls get('n', 0) = 0 of",
        "calls __setitem__('n', 1) of",
        "calls copy() = {'n': 1} of",
    ]


def meet(context: Any) -> None:
    with context.Manager() as manager:
        manager.Barrier(2).wait()


def test_what_of_a_manager_cannot_be_scheduled_is_said_with_its_place() -> None:
    undecided = explore(meet, multiprocessing.get_context("fork")).undecided
    assert undecided.startswith("it uses a Barrier of a manager, which cannot be scheduled, at ")
