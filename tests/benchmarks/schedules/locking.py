"""Locks taken in the wrong order, twice, or not the same one."""

from __future__ import annotations

from typing import Any

from tests.benchmarks.schedules.running import run, wrong


def _up(counter: Any, first: Any, second: Any) -> None:
    with first, second:
        counter.value += 1


def _down(counter: Any, first: Any, second: Any) -> None:
    with second, first:
        counter.value -= 1


def deadlock01(context: Any) -> int:
    """Two processes take two locks, each in its own order: each can hold the one that the other waits for."""
    left, right = context.Lock(), context.Lock()
    counter = context.Value("i", 1)
    run(
        context.Process(target=_up, args=(counter, left, right)),
        context.Process(target=_down, args=(counter, left, right)),
    )
    return int(counter.value)


def _twice(first: Any, second: Any) -> None:
    first.acquire()
    first.release()
    first.acquire()
    for _ in range(2):
        second.acquire()
        second.release()


def phase01(context: Any) -> None:
    """A process takes the first lock a second time and never gives it back: the other waits for ever."""
    first, second = context.Lock(), context.Lock()
    run(*(context.Process(target=_twice, args=(first, second)) for _ in range(2)))


def _enter(inside: Any, room: Any, door: Any) -> None:
    with door:
        inside.value += 1
        if inside.value == 1:
            room.acquire()
    with door:
        inside.value -= 1
        if inside.value == 0:
            room.release()


def _pass_by() -> None:
    """One who does not want to go in."""


def carter01(context: Any) -> None:
    """The first of a class to come in locks the room, the last to leave unlocks it, both at the same door.

    Who waits for the room stands in the door, and nobody of the other class can leave any more.
    """
    door, room = context.Lock(), context.Lock()
    ours, theirs = context.Value("i", 0), context.Value("i", 0)
    run(
        context.Process(target=_enter, args=(ours, room, door)),
        context.Process(target=_enter, args=(theirs, room, door)),
        context.Process(target=_pass_by),
        context.Process(target=_pass_by),
    )


def _grow_and_look(total: Any, lock: Any) -> None:
    with lock:
        before = total.value
        total.value += 1
        if total.value != before + 1:
            wrong()


def _grow(total: Any, lock: Any) -> None:
    with lock:
        total.value += 1


def _two_locks(context: Any, others: int) -> int:
    total = context.Value("i", 0)
    lock, other_lock = context.Lock(), context.Lock()
    run(
        context.Process(target=_grow_and_look, args=(total, lock)),
        *(context.Process(target=_grow, args=(total, other_lock)) for _ in range(others)),
    )
    return int(total.value)


def wronglock(context: Any) -> int:
    """One process guards the total with one lock, seven others with another: they meet in it all the same."""
    return _two_locks(context, 7)


def wronglock_3(context: Any) -> int:
    """The same with three others."""
    return _two_locks(context, 3)
