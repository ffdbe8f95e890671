"""Hooks in the task count of a `JoinableQueue`: all ``task_done`` so far come before a ``join`` that found none open.

Both sides look under the queue's own lock. A ``join`` that has to wait is woken by the ``task_done`` that closed the
last task and still has the lock then, so what is counted at that moment is exactly what the ``join`` waited for.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from multiprocessing import queues as mp_queues
from typing import Any

from pytest_parlab.instrument import recorder
from pytest_parlab.instrument.conditions import number_of
from pytest_parlab.instrument.locks import OLDER, is_part
from pytest_parlab.instrument.patches import Patches
from pytest_parlab.instrument.standins import StandIn


def install(patches: Patches) -> None:
    """Hook joinable queues."""
    queue = mp_queues.JoinableQueue
    patches.replace(queue, "task_done", _task_done(queue.task_done))
    patches.replace(queue, "join", _join(queue.join))


def _number(queue: Any, record: recorder.Recorder) -> int:
    number = number_of(queue._cond, record)
    if number & OLDER:
        for part in (queue._cond._lock, queue._unfinished_tasks):
            is_part(part, "internal")
    return number


def _task_done(original: Callable[[Any], None]) -> Callable[[Any], None]:
    @wraps(original)
    def task_done(self: Any) -> None:
        record = recorder.active
        if record is None:
            return original(self)
        number = _number(self, record)

        def acquire(block: bool) -> bool:
            closed = bool(self._unfinished_tasks.acquire(block))
            if closed:
                record.signal(number)
            return closed

        return original(StandIn(self, _unfinished_tasks=StandIn(self._unfinished_tasks, acquire=acquire)))

    return task_done


def _join(original: Callable[[Any], None]) -> Callable[[Any], None]:
    @wraps(original)
    def join(self: Any) -> None:
        record = recorder.active
        if record is None:
            return original(self)
        number = _number(self, record)
        semlock, condition = self._unfinished_tasks._semlock, self._cond

        def is_zero() -> bool:
            none_open = bool(semlock._is_zero())
            if none_open:
                record.seen(number)
            return none_open

        def sleep(*args: Any) -> bool:
            woken = bool(condition._wait_semaphore.acquire(*args))
            if woken:
                record.seen(number)
            return woken

        def wait() -> None:
            type(condition).wait(
                StandIn(condition, _wait_semaphore=StandIn(condition._wait_semaphore, acquire=sleep))
            )

        return original(
            StandIn(
                self,
                _unfinished_tasks=StandIn(self._unfinished_tasks, _semlock=StandIn(semlock, _is_zero=is_zero)),
                _cond=StandIn(condition, wait=wait),
            )
        )

    return join
