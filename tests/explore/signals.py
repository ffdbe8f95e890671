"""Conditions, events and barriers: who is told, who misses it, who comes too late."""

from __future__ import annotations

import threading
from functools import partial
from typing import Any

from pytest_parlab.explore.exploration import DEADLOCK
from tests.explore.litmus import A_SECOND, NO, YES, add, gives, together


def _await_value(condition: Any, value: Any) -> None:
    with condition:
        while not value.value:
            condition.wait()


def _tell(condition: Any, value: Any, *, everybody: bool) -> None:
    with condition:
        value.value = 1
        if everybody:
            condition.notify_all()
        else:
            condition.notify()


@gives("done")
def a_condition_with_its_predicate(context: Any) -> str:
    condition, value = context.Condition(), context.Value("i", 0)
    process = context.Process(target=_await_value, args=(condition, value))
    process.start()
    _tell(condition, value, everybody=False)
    process.join()
    return "done"


@gives("done")
def a_condition_over_a_plain_lock(context: Any) -> str:
    condition, value = context.Condition(context.Lock()), context.Value("i", 0)
    process = context.Process(target=_await_value, args=(condition, value))
    process.start()
    _tell(condition, value, everybody=False)
    process.join()
    return "done"


def _is_set(value: Any) -> bool:
    return bool(value.value)


def _await_predicate(condition: Any, value: Any) -> None:
    with condition:
        condition.wait_for(partial(_is_set, value))


@gives("done")
def waiting_for_a_predicate(context: Any) -> str:
    condition, value = context.Condition(), context.Value("i", 0)
    process = context.Process(target=_await_predicate, args=(condition, value))
    process.start()
    _tell(condition, value, everybody=False)
    process.join()
    return "done"


def _await_once(condition: Any) -> None:
    with condition:
        condition.wait()


@gives("done", DEADLOCK)
def a_condition_without_its_predicate(context: Any) -> str:
    """Who is told before it waits is never told."""
    condition = context.Condition()
    process = context.Process(target=_await_once, args=(condition,))
    process.start()
    with condition:
        condition.notify()
    process.join()
    return "done"


@gives("done", DEADLOCK)
def two_wait_and_one_is_told(context: Any) -> str:
    """Both hang on one notification if both have waited; one who comes later sees the value."""
    condition, value = context.Condition(), context.Value("i", 0)
    processes = [context.Process(target=_await_value, args=(condition, value)) for _ in range(2)]
    together(*processes, context.Process(target=_tell, args=(condition, value), kwargs={"everybody": False}))
    return "done"


@gives("done")
def two_wait_and_both_are_told(context: Any) -> str:
    condition, value = context.Condition(), context.Value("i", 0)
    processes = [context.Process(target=_await_value, args=(condition, value)) for _ in range(2)]
    together(*processes, context.Process(target=_tell, args=(condition, value), kwargs={"everybody": True}))
    return "done"


@gives(NO)
def a_condition_that_nobody_notifies(context: Any) -> bool:
    condition = context.Condition()
    with condition:
        return bool(condition.wait(A_SECOND))


@gives("AssertionError")
def a_condition_is_notified_without_its_lock(context: Any) -> str:
    condition = context.Condition()
    try:
        condition.notify()
    except AssertionError as error:
        return type(error).__name__
    return "done"


def _write_and_set(value: Any, event: Any) -> None:
    value.value = 1
    event.set()


@gives(1)
def an_event_after_a_write(context: Any) -> int:
    value, event = context.Value("i", 0), context.Event()
    process = context.Process(target=_write_and_set, args=(value, event))
    process.start()
    event.wait()
    seen = int(value.value)
    process.join()
    return seen


@gives((False, 0), (False, 1), (True, 1))
def an_event_is_looked_at(context: Any) -> tuple[bool, int]:
    value, event = context.Value("i", 0), context.Event()
    process = context.Process(target=_write_and_set, args=(value, event))
    process.start()
    seen = bool(event.is_set()), int(value.value)
    process.join()
    return seen


@gives(NO)
def an_event_that_nobody_sets(context: Any) -> bool:
    return bool(context.Event().wait(A_SECOND))


@gives(DEADLOCK)
def an_event_that_nobody_sets_for_ever(context: Any) -> None:
    context.Event().wait()


@gives(YES)
def an_event_that_is_set_in_time(context: Any) -> bool:
    value, event = context.Value("i", 0), context.Event()
    process = context.Process(target=_write_and_set, args=(value, event))
    process.start()
    seen = bool(event.wait(A_SECOND))
    process.join()
    return seen


def _set(event: Any) -> None:
    event.set()


@gives("done", DEADLOCK)
def an_event_that_is_cleared_too_late(context: Any) -> str:
    event = context.Event()
    process = context.Process(target=_set, args=(event,))
    process.start()
    event.clear()
    event.wait()
    process.join()
    return "done"


def _meet(barrier: Any, cells: Any, seen: Any, at: int) -> None:
    cells[at] = 1
    barrier.wait()
    seen[at] = cells[1 - at]


@gives((1, 1))
def a_barrier_between_writing_and_reading(context: Any) -> tuple[int, ...]:
    barrier, cells, seen = context.Barrier(2), context.Array("i", 2), context.Array("i", 2)
    together(*(context.Process(target=_meet, args=(barrier, cells, seen, at)) for at in range(2)))
    return tuple(seen)


def _number(barrier: Any, numbers: Any, at: int) -> None:
    numbers[at] = barrier.wait()


@gives((0, 1), (1, 0))
def a_barrier_numbers_who_comes(context: Any) -> tuple[int, ...]:
    barrier, numbers = context.Barrier(2), context.Array("i", 2)
    together(*(context.Process(target=_number, args=(barrier, numbers, at)) for at in range(2)))
    return tuple(numbers)


def _wait_twice(barrier: Any) -> None:
    barrier.wait()
    barrier.wait()


@gives(2)
def a_barrier_acts_once_a_round(context: Any) -> int:
    value = context.Value("i", 0)
    barrier = context.Barrier(2, action=partial(add, value))
    together(*(context.Process(target=_wait_twice, args=(barrier,)) for _ in range(2)))
    return int(value.value)


def _wait(barrier: Any) -> None:
    barrier.wait()


@gives(DEADLOCK)
def a_barrier_for_one_more(context: Any) -> None:
    barrier = context.Barrier(3)
    together(*(context.Process(target=_wait, args=(barrier,)) for _ in range(2)))


def _wait_in_vain(barrier: Any, broken: Any) -> None:
    try:
        barrier.wait(A_SECOND)
    except threading.BrokenBarrierError:
        broken.value = 1


@gives(1)
def a_barrier_where_nobody_else_comes(context: Any) -> int:
    barrier, broken = context.Barrier(2), context.Value("i", 0)
    together(context.Process(target=_wait_in_vain, args=(barrier, broken)))
    return int(broken.value)


@gives(1)
def a_barrier_that_is_given_up(context: Any) -> int:
    """It breaks for who waits at it, and for who comes later."""
    barrier, broken = context.Barrier(2), context.Value("i", 0)
    process = context.Process(target=_wait_in_vain, args=(barrier, broken))
    process.start()
    barrier.abort()
    process.join()
    return int(broken.value)


def _come_first(condition: Any, first: Any, came: Any) -> None:
    with condition:
        came.set()
        condition.wait()
        if not first.value:
            first.value = 1
        condition.notify()


def _come_second(condition: Any, first: Any, came: Any, both: Any) -> None:
    came.wait()
    with condition:
        both.set()
        condition.wait()
        if not first.value:
            first.value = 2
        condition.notify()


@gives(1, 2)
def a_notification_wakes_any_of_two(context: Any) -> int:
    """Who came first need not be woken first."""
    condition, first = context.Condition(), context.Value("i", 0)
    came, both = context.Event(), context.Event()
    processes = [
        context.Process(target=_come_first, args=(condition, first, came)),
        context.Process(target=_come_second, args=(condition, first, came, both)),
    ]
    for process in processes:
        process.start()
    both.wait()
    with condition:
        condition.notify()
    for process in processes:
        process.join()
    return int(first.value)
