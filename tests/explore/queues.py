"""Queues: what a feeder has not yet sent is not there, what is full makes who puts wait."""

from __future__ import annotations

import queue as queues
from typing import Any

from pytest_parlab.explore.exploration import DEADLOCK
from tests.explore.litmus import A_SECOND, NO, YES, gives, together

MORE_THAN_A_PIPE_HOLDS = 1 << 20
"""Bytes."""


def _put(queue: Any, *items: Any) -> None:
    for item in items:
        queue.put(item)


@gives((1, 2, 3))
def one_puts_in_order(context: Any) -> tuple[int, ...]:
    queue = context.Queue()
    process = context.Process(target=_put, args=(queue, 1, 2, 3))
    process.start()
    seen = tuple(queue.get() for _ in range(3))
    process.join()
    return seen


@gives((1, 2), (2, 1))
def two_put(context: Any) -> tuple[int, ...]:
    queue = context.Queue()
    processes = [context.Process(target=_put, args=(queue, number)) for number in (1, 2)]
    for process in processes:
        process.start()
    seen = tuple(queue.get() for _ in processes)
    for process in processes:
        process.join()
    return seen


def _get(queue: Any, seen: Any, at: int) -> None:
    seen[at] = queue.get()


@gives((1, 2), (2, 1))
def two_get(context: Any) -> tuple[int, ...]:
    queue, seen = context.Queue(), context.Array("i", 2)
    processes = [context.Process(target=_get, args=(queue, seen, at)) for at in range(2)]
    for process in processes:
        process.start()
    _put(queue, 1, 2)
    for process in processes:
        process.join()
    return tuple(seen)


@gives(DEADLOCK)
def nobody_puts(context: Any) -> Any:
    return context.Queue().get()


@gives("Empty")
def nobody_puts_in_time(context: Any) -> Any:
    try:
        return context.Queue().get(timeout=A_SECOND)
    except queues.Empty:
        return "Empty"


@gives(1)
def somebody_puts_in_time(context: Any) -> Any:
    queue = context.Queue()
    process = context.Process(target=_put, args=(queue, 1))
    process.start()
    try:
        seen = queue.get(timeout=A_SECOND)
    except queues.Empty:
        seen = "Empty"
    process.join()
    return seen


@gives(1, "Empty")
def a_look_before_or_after_it_is_put(context: Any) -> Any:
    queue = context.Queue()
    process = context.Process(target=_put, args=(queue, 1))
    process.start()
    try:
        seen = queue.get_nowait()
    except queues.Empty:
        seen = "Empty"
        queue.get()
    process.join()
    return seen


@gives(1, "Empty")
def a_look_at_ones_own_item(context: Any) -> Any:
    """A thread sends it: it need not be there when ``put`` returns."""
    queue = context.Queue()
    queue.put(1)
    try:
        return queue.get_nowait()
    except queues.Empty:
        queue.get()
        return "Empty"


@gives(YES, NO)
def asking_whether_it_is_empty(context: Any) -> bool:
    queue = context.Queue()
    process = context.Process(target=_put, args=(queue, 1))
    process.start()
    seen = bool(queue.empty())
    queue.get()
    process.join()
    return seen


def _put_here_and_there(first: Any, second: Any) -> None:
    first.put(1)
    second.put(2)


@gives(1, "Empty")
def two_queues_have_a_feeder_each(context: Any) -> Any:
    """What was put first, to another queue, may come last."""
    first, second = context.Queue(), context.Queue()
    process = context.Process(target=_put_here_and_there, args=(first, second))
    process.start()
    second.get()
    try:
        seen = first.get_nowait()
    except queues.Empty:
        seen = "Empty"
        first.get()
    process.join()
    return seen


@gives((1, 2))
def a_queue_of_one(context: Any) -> tuple[int, ...]:
    queue = context.Queue(1)
    process = context.Process(target=_put, args=(queue, 1, 2))
    process.start()
    seen = tuple(queue.get() for _ in range(2))
    process.join()
    return seen


@gives(DEADLOCK)
def a_queue_of_one_that_nobody_empties(context: Any) -> None:
    _put(context.Queue(1), 1, 2)


@gives("Full")
def a_queue_of_one_that_nobody_empties_in_time(context: Any) -> str:
    queue = context.Queue(1)
    queue.put(1)
    try:
        queue.put(2, timeout=A_SECOND)
    except queues.Full:
        return "Full"
    return "done"


@gives("Full", "done")
def a_queue_of_one_that_somebody_may_have_emptied(context: Any) -> str:
    queue, seen = context.Queue(1), context.Array("i", 1)
    queue.put(1)
    process = context.Process(target=_get, args=(queue, seen, 0))
    process.start()
    try:
        queue.put_nowait(2)
    except queues.Full:
        process.join()
        return "Full"
    process.join()
    queue.get()
    return "done"


@gives("done")
def a_small_item_that_is_joined_before_it_is_taken(context: Any) -> str:
    queue = context.Queue()
    together(context.Process(target=_put, args=(queue, 1)))
    queue.get()
    return "done"


def _put_much(queue: Any) -> None:
    queue.put(bytes(MORE_THAN_A_PIPE_HOLDS))


@gives(DEADLOCK)
def a_large_item_that_is_joined_before_it_is_taken(context: Any) -> None:
    """A process does not end before its feeder has sent all."""
    queue = context.Queue()
    together(context.Process(target=_put_much, args=(queue,)))
    queue.get()


def _put_much_and_give_up(queue: Any) -> None:
    queue.put(bytes(MORE_THAN_A_PIPE_HOLDS))
    queue.cancel_join_thread()


@gives("done")
def a_large_item_that_is_given_up(context: Any) -> str:
    queue = context.Queue()
    together(context.Process(target=_put_much_and_give_up, args=(queue,)))
    return "done"
