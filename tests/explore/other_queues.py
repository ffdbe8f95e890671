"""Queues without a feeder, and queues that know what is done."""

from __future__ import annotations

from typing import Any

from pytest_parlab.explore.exploration import DEADLOCK
from tests.explore.litmus import NO, YES, add, gives, together


def _put(queue: Any, *items: Any) -> None:
    for item in items:
        queue.put(item)


def _get(queue: Any) -> None:
    queue.get()


@gives((1, 2), (2, 1))
def two_put_to_a_simple_queue(context: Any) -> tuple[int, ...]:
    queue = context.SimpleQueue()
    together(*(context.Process(target=_put, args=(queue, number)) for number in (1, 2)))
    return tuple(queue.get() for _ in range(2))


@gives(NO)
def what_is_put_to_a_simple_queue_is_there(context: Any) -> bool:
    queue = context.SimpleQueue()
    queue.put(1)
    return bool(queue.empty())


@gives(YES, NO)
def asking_whether_a_simple_queue_is_empty(context: Any) -> bool:
    queue = context.SimpleQueue()
    process = context.Process(target=_put, args=(queue, 1))
    process.start()
    seen = bool(queue.empty())
    process.join()
    return seen


@gives(DEADLOCK)
def a_simple_queue_that_nobody_fills(context: Any) -> Any:
    return context.SimpleQueue().get()


def _work_and_tell(queue: Any, value: Any, times: int) -> None:
    for _ in range(times):
        queue.get()
        add(value)
        queue.task_done()


@gives(2)
def all_is_done_that_was_put(context: Any) -> int:
    queue, value = context.JoinableQueue(), context.Value("i", 0)
    process = context.Process(target=_work_and_tell, args=(queue, value, 2))
    process.start()
    _put(queue, 1, 2)
    queue.join()
    seen = int(value.value)
    process.join()
    return seen


@gives(1, 2)
def two_workers_on_one_value(context: Any) -> int:
    queue, value = context.JoinableQueue(), context.Value("i", 0)
    processes = [context.Process(target=_work_and_tell, args=(queue, value, 1)) for _ in range(2)]
    for process in processes:
        process.start()
    _put(queue, 1, 2)
    queue.join()
    seen = int(value.value)
    for process in processes:
        process.join()
    return seen


def _tell_and_work(queue: Any, value: Any) -> None:
    queue.get()
    queue.task_done()
    add(value)


@gives(0, 1)
def done_is_said_too_early(context: Any) -> int:
    queue, value = context.JoinableQueue(), context.Value("i", 0)
    process = context.Process(target=_tell_and_work, args=(queue, value))
    process.start()
    queue.put(1)
    queue.join()
    seen = int(value.value)
    process.join()
    return seen


@gives(DEADLOCK)
def done_is_never_said(context: Any) -> None:
    queue = context.JoinableQueue()
    process = context.Process(target=_get, args=(queue,))
    process.start()
    queue.put(1)
    queue.join()
    process.join()


@gives("ValueError")
def done_is_said_too_often(context: Any) -> str:
    try:
        context.JoinableQueue().task_done()
    except ValueError as error:
        return type(error).__name__
    return "done"
