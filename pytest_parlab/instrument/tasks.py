"""A unit of work on its way to a worker: the user's function, wrapped so that the worker records its run."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from pytest_parlab.instrument import recorder
from pytest_parlab.instrument.attendance import attend_if_called
from pytest_parlab.instrument.scheduling import run_queue_delay_ns
from pytest_parlab.instrument.tracebacks import error_text, without_hooks
from pytest_parlab.trace.records import Kind, now_ns


class TaskCall:
    """Calls the user's function and records when, where and at what cost. Picklable if the function is.

    Args:
        function: What the pool or executor was asked to call.
        task: Id of the task in the trace.
    """

    __slots__ = ("function", "task")

    def __init__(self, function: Callable[..., Any], task: int) -> None:
        self.function = function
        self.task = task

    def __reduce__(self) -> tuple[Any, ...]:
        return TaskCall, (self.function, self.task)

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        """Run the task."""
        record = recorder.active
        if record is None:
            return self.function(*args, **kwargs)
        attend_if_called()
        delay = run_queue_delay_ns()
        record.write(Kind.TASK_START, self.task, now_ns())
        cpu_ns = time.thread_time_ns()
        try:
            return self.function(*args, **kwargs)
        except BaseException as error:
            record.write(Kind.TASK_ERROR, self.task, record.name(error_text(error)))
            without_hooks(error)
            raise
        finally:
            cpu_ns = time.thread_time_ns() - cpu_ns
            finished = now_ns()
            record.write(Kind.TASK_CPU, self.task, cpu_ns)
            if delay is not None:
                record.write(Kind.TASK_DELAY, self.task, (run_queue_delay_ns() or delay) - delay)
            record.flush()  # a pool may end its workers at any moment from now on
            record.write(Kind.TASK_END, self.task, finished)


def describe_task(record: recorder.Recorder, task: int, function: object, items: int) -> None:
    """Record what a task consists of."""
    record.write(Kind.TASK_FUNCTION, task, record.name_of(function) | items << 32)
