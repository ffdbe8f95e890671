"""Time that passes only when nobody can go on: the shorter wait ends first, and no wait ends while others work."""

from __future__ import annotations

import time
from typing import Any

from tests.explore.litmus import A_SECOND, AN_HOUR, NO, YES, gives, together


@gives(NO)
def no_time_for_a_lock(context: Any) -> bool:
    lock = context.Lock()
    lock.acquire()
    return bool(lock.acquire(timeout=0))


@gives(NO)
def less_than_no_time_for_a_lock(context: Any) -> bool:
    lock = context.Lock()
    lock.acquire()
    return bool(lock.acquire(timeout=-1))


def _hold(lock: Any, event: Any) -> None:
    with lock:
        event.wait()


@gives(YES, NO)
def no_time_for_a_lock_that_another_may_hold(context: Any) -> bool:
    lock, event = context.Lock(), context.Event()
    process = context.Process(target=_hold, args=(lock, event))
    process.start()
    got = bool(lock.acquire(timeout=0))
    if got:
        lock.release()
    event.set()
    process.join()
    return got


@gives(YES, NO)
def a_lock_that_another_may_hold_until_it_is_told(context: Any) -> bool:
    """The holder waits for the caller, and the caller's time is up."""
    lock, event = context.Lock(), context.Event()
    process = context.Process(target=_hold, args=(lock, event))
    process.start()
    got = bool(lock.acquire(timeout=A_SECOND))
    if got:
        lock.release()
    event.set()
    process.join()
    return got


def _wait_for(event: Any, order: Any, at: int, seconds: float) -> None:
    event.wait(seconds)
    with order.get_lock():
        order[at] = max(order) + 1


@gives((1, 2))
def the_shorter_wait_ends_first(context: Any) -> tuple[int, ...]:
    event, order = context.Event(), context.Array("i", 2)
    together(
        context.Process(target=_wait_for, args=(event, order, 0, A_SECOND)),
        context.Process(target=_wait_for, args=(event, order, 1, AN_HOUR)),
    )
    return tuple(order)


@gives((NO, YES), (YES, NO))
def one_of_two_has_to_wait_too_long(context: Any) -> tuple[bool, ...]:
    room, got = context.Semaphore(1), context.Array("b", 2)
    together(*(context.Process(target=_take, args=(room, got, at)) for at in range(2)))
    return tuple(bool(each) for each in got)


def _take(room: Any, got: Any, at: int) -> None:
    got[at] = room.acquire(timeout=A_SECOND)


def _sleep_holding(lock: Any, value: Any) -> None:
    with lock:
        time.sleep(AN_HOUR)
        value.value = 1


@gives((YES, 0), (YES, 1))
def a_lock_that_is_slept_with(context: Any) -> tuple[bool, int]:
    """A sleep is no waiting: who sleeps goes on before anybody's time is up."""
    lock, value = context.Lock(), context.Value("i", 0)
    process = context.Process(target=_sleep_holding, args=(lock, value))
    process.start()
    got = bool(lock.acquire(timeout=A_SECOND))
    seen = int(value.value)
    if got:
        lock.release()
    process.join()
    return got, seen


@gives(NO)
def a_predicate_that_never_comes_true(context: Any) -> bool:
    condition = context.Condition()
    with condition:
        return bool(condition.wait_for(lambda: False, timeout=A_SECOND))


@gives(YES, NO)
def an_event_with_no_time(context: Any) -> bool:
    event = context.Event()
    process = context.Process(target=_set, args=(event,))
    process.start()
    seen = bool(event.wait(0))
    process.join()
    return seen


def _set(event: Any) -> None:
    event.set()


def _set_after_a_wait(first: Any, second: Any) -> None:
    first.wait(A_SECOND)
    second.set()


@gives(YES)
def a_wait_that_ends_by_the_end_of_a_shorter_one(context: Any) -> bool:
    first, second = context.Event(), context.Event()
    process = context.Process(target=_set_after_a_wait, args=(first, second))
    process.start()
    seen = bool(second.wait(AN_HOUR))
    process.join()
    return seen


def _touch(lock: Any, value: Any) -> None:
    with lock:
        value.value = 1


@gives(YES, NO)
def no_time_for_a_lock_that_comes_back(context: Any) -> bool:
    lock, value = context.Lock(), context.Value("i", 0)
    process = context.Process(target=_touch, args=(lock, value))
    process.start()
    got = bool(lock.acquire(timeout=0))
    if got:
        lock.release()
    process.join()
    return got


@gives(YES, NO)
def no_time_for_a_semaphore_that_comes_back(context: Any) -> bool:
    room, value = context.Semaphore(1), context.Value("i", 0)
    process = context.Process(target=_touch, args=(room, value))
    process.start()
    got = bool(room.acquire(timeout=0))
    process.join(A_SECOND)
    room.release()
    process.join()
    return got


def _tell(condition: Any) -> None:
    with condition:
        condition.notify()


@gives(YES, NO)
def no_time_to_be_notified(context: Any) -> bool:
    """Who wants the lock back lets the one in who notifies."""
    condition = context.Condition()
    process = context.Process(target=_tell, args=(condition,))
    process.start()
    with condition:
        told = bool(condition.wait(0))
    process.join()
    return told
