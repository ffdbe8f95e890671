"""Litmus programs: threads of one process, as they hand shared memory to each other."""

from __future__ import annotations

import queue
import threading
from functools import partial
from typing import Any

from tests.unit.instrument.edges import A_MOMENT, Play, before, until


def ordered_start(play: Play) -> None:
    play("before")
    with play.thread("after"):
        play("aside")


def unordered_start(play: Play) -> None:
    with play.thread("await written", "after"):
        play("before", "mark written")


def ordered_join(play: Play) -> None:
    with play.thread("await leave", "aside"):
        with play.thread("before") as thread:
            thread.join()
        play("after", "mark leave")


def unordered_join(play: Play) -> None:
    with play.thread("before", "mark written", "await leave") as thread:
        play("await written")
        thread.join(A_MOMENT)
        play("after", "mark leave")


def ordered_is_alive(play: Play) -> None:
    with play.thread("before") as thread:
        until(lambda: not thread.is_alive())
        play("after")


def unordered_is_alive(play: Play) -> None:
    with play.thread("before", "mark written", "await leave") as thread:
        play("await written")
        assert thread.is_alive()
        play("after", "mark leave")


def ordered_event_wait(play: Play) -> None:
    event = threading.Event()
    with play.thread("before", (event, "set"), "aside"):
        event.wait()
        play("after")


def unordered_event_wait(play: Play) -> None:
    """It was set before."""
    event = threading.Event()
    event.set()
    with play.thread("before", (event, "set"), "mark written"):
        play("await written")
        event.wait()
        play("after")


def ordered_event_is_set(play: Play) -> None:
    event = threading.Event()
    with play.thread("before", (event, "set"), "aside"):
        until(event.is_set)
        play("after")


def unordered_event_is_set(play: Play) -> None:
    """Set anew by another, after it was cleared."""
    event = threading.Event()
    with play.thread("before", (event, "set"), "mark written"):
        play("await written")
        event.clear()
        event.set()
        assert event.is_set()
        play("after")


def ordered_event_wait_with_a_timeout(play: Play) -> None:
    event = threading.Event()
    with play.thread("before", (event, "set"), "aside"):
        until(lambda: event.wait(A_MOMENT))
        play("after")


def unordered_event_wait_with_a_timeout(play: Play) -> None:
    event = threading.Event()
    with play.thread("before", "mark written", "await leave", (event, "set")):
        play("await written")
        assert not event.wait(A_MOMENT)
        play("after", "mark leave")


def _notify(condition: Any, play: Play, how: str) -> None:
    with condition:
        play("before")
        getattr(condition, how)()


def ordered_notify(play: Play) -> None:
    condition = threading.Condition()
    with condition, play.thread((_notify, condition, play, "notify"), "aside"):
        condition.wait()
        play("after")
        condition.release()  # the thread is joined at the end of the block
        condition.acquire()


def unordered_notify(play: Play) -> None:
    """Nobody waited when it was called."""
    condition = threading.Condition(threading.Lock())
    with play.thread((_notify, condition, play, "notify"), "mark written"):
        play("await written")
        with condition:
            assert not condition.wait(A_MOMENT)
        play("after")


def _wait(condition: Any, play: Play) -> None:
    with condition:
        play("mark asleep")
        condition.wait()


def ordered_notify_all(play: Play) -> None:
    condition = threading.Condition(threading.Lock())
    with play.thread((_wait, condition, play), "after"):
        play("await asleep")
        _notify(condition, play, "notify_all")
        play("aside")


def unordered_notify_all(play: Play) -> None:
    """It woke the one, and somebody else the other."""
    condition = threading.Condition()
    with play.thread((_notify, condition, play, "notify_all"), "mark written"):
        play("await written")
        with play.thread((_wait, condition, play), "after"):
            play("await asleep")
            with condition:
                condition.notify_all()


def ordered_wait_for(play: Play) -> None:
    condition, true = threading.Condition(), []

    def make_true() -> None:
        with condition:
            play("before")
            true.append(1)
            condition.notify()

    with condition, play.thread((make_true,), "aside"):
        condition.wait_for(lambda: true)
        play("after")


def unordered_wait_for(play: Play) -> None:
    """It had not to wait."""
    condition = threading.Condition()
    with play.thread((_notify, condition, play, "notify"), "mark written"):
        play("await written")
        with condition:
            assert condition.wait_for(lambda: True)
        play("after")


def ordered_semaphore(play: Play) -> None:
    semaphore = threading.Semaphore(0)
    with play.thread("before", (semaphore, "release"), "aside"), semaphore:
        play("after")


def unordered_semaphore(play: Play) -> None:
    """It was free."""
    semaphore = threading.Semaphore(2)
    with play.thread("before", (semaphore, "release"), "mark written"):
        play("await written")
        semaphore.acquire()
        play("after")


def ordered_bounded_semaphore(play: Play) -> None:
    semaphore = threading.BoundedSemaphore(2)
    semaphore.acquire()
    semaphore.acquire()
    with play.thread("before", (semaphore, "release"), "aside"):
        until(lambda: semaphore.acquire(timeout=A_MOMENT))
        play("after")


def unordered_bounded_semaphore(play: Play) -> None:
    semaphore = threading.BoundedSemaphore(2)
    semaphore.acquire()
    with play.thread("before", (semaphore, "release"), "mark written"):
        play("await written")
        assert semaphore.acquire(blocking=False)
        play("after")


def ordered_barrier(play: Play) -> None:
    barrier = threading.Barrier(2)
    with play.thread("before", (barrier, "wait"), "aside"):
        barrier.wait()
        play("after")


def unordered_barrier(play: Play) -> None:
    barrier = threading.Barrier(2)
    with play.thread((barrier, "wait"), "before", "mark written", (barrier, "wait")):
        barrier.wait()
        play("await written", "after")
        barrier.wait()


def ordered_action(play: Play) -> None:
    barrier = threading.Barrier(2, partial(before, play.value))
    with play.thread((barrier, "wait"), "after"):
        barrier.wait()
        play("after")


def unordered_action(play: Play) -> None:
    """Nobody came to that meeting but two others."""
    barrier = threading.Barrier(2, partial(play, "before", "mark written"))
    with play.thread("await written", "after"), play.thread((barrier, "wait")):
        barrier.wait()


def ordered_queue(play: Play) -> None:
    items: Any = queue.Queue()
    with play.thread("before", (items, "put", None), "aside"):
        items.get()
        play("after")


def unordered_queue(play: Play) -> None:
    items: Any = queue.Queue()
    items.put(None)
    with play.thread("before", (items, "put", None), "mark written"):
        play("await written")
        items.get()
        play("after")


def ordered_stack(play: Play) -> None:
    items: Any = queue.LifoQueue()
    items.put(None)
    with play.thread("before", (items, "put", None), "mark written", "aside"):
        play("await written")
        items.get()
        play("after")


def unordered_stack(play: Play) -> None:
    items: Any = queue.LifoQueue()
    with play.thread("before", (items, "put", None), "mark written"):
        play("await written")
        items.put(None)
        items.get()
        play("after")


def ordered_priority_queue(play: Play) -> None:
    items: Any = queue.PriorityQueue()
    items.put(2)
    with play.thread("before", (items, "put", 1), "mark written", "aside"):
        play("await written")
        assert items.get() == 1
        play("after")


def unordered_priority_queue(play: Play) -> None:
    items: Any = queue.PriorityQueue()
    items.put(1)
    with play.thread("before", (items, "put", 2), "mark written"):
        play("await written")
        assert items.get() == 1
        play("after")


def ordered_room(play: Play) -> None:
    items: Any = queue.Queue(1)
    items.put(1)
    with play.thread("before", (items, "get"), "aside"):
        items.put(2)
        play("after")


def unordered_room(play: Play) -> None:
    items: Any = queue.Queue(2)
    items.put(1)
    with play.thread("before", (items, "get"), "mark taken"):
        play("await taken")
        items.put(2)
        play("after")


def ordered_task_done(play: Play) -> None:
    items: Any = queue.Queue()
    items.put(1)
    with play.thread((items, "get"), "before", (items, "task_done"), "aside"):
        items.join()
        play("after")


def unordered_task_done(play: Play) -> None:
    items: Any = queue.Queue()
    items.put(1)
    with play.thread((items, "get"), (items, "task_done"), "before", "mark written"):
        play("await written")
        items.join()
        play("after")


def ordered_queue_that_was_cleared(play: Play) -> None:
    """By hand, as is often seen."""
    items: Any = queue.Queue()
    items.put(1)
    items.queue.clear()
    with play.thread("before", (items, "put", 2), "aside"):
        assert items.get() == 2
        play("after")


def unordered_queue_that_was_cleared(play: Play) -> None:
    items: Any = queue.Queue()
    with play.thread("before", (items, "put", 1), "mark written"):
        play("await written")
        items.queue.clear()
        items.put(2)
        assert items.get() == 2
        play("after")
