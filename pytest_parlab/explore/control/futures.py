"""Futures of an executor under control."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from concurrent.futures._base import CANCELLED
from typing import Any

from pytest_parlab.explore.control import controller
from pytest_parlab.explore.control.desk import here
from pytest_parlab.explore.control.tasks import Tasks


class TaskFuture(Future[Any]):
    """The future of one task.

    Its hash is its number, so that sets of futures have the same order in each run of a schedule.

    Args:
        tasks: Those of its executor.
        job: Its job.
        index: Its number.
    """

    def __init__(self, tasks: Tasks, job: int, index: int) -> None:
        super().__init__()
        self.tasks, self.job, self.index = tasks, job, index

    def __hash__(self) -> int:
        return self.index

    def __eq__(self, other: object) -> bool:
        return self is other

    @property
    def is_known(self) -> bool:
        """Whether this process knows what has become of the task."""
        return controller.active is None or self.index not in self.tasks.open

    def await_result(self, timeout_s: float | None = None) -> None:
        """Wait until that is known.

        Raises:
            TimeoutError: It took too long (virtual seconds).
        """
        if not self.is_known and not self.tasks.wait(self.job, self.index, timeout_s=timeout_s):
            raise TimeoutError

    def result(self, timeout: float | None = None) -> Any:
        """See `concurrent.futures`."""
        self.await_result(timeout)
        return super().result(0)

    def exception(self, timeout: float | None = None) -> BaseException | None:
        """See `concurrent.futures`."""
        self.await_result(timeout)
        return super().exception(0)

    def done(self) -> bool:
        """See `concurrent.futures`."""
        if not self.is_known:
            self.tasks.look(self.job, self.index)
        return super().done()

    def running(self) -> bool:
        """See `concurrent.futures`; a task is running from when a worker takes it."""
        return not self.is_known and self.tasks.is_running(self.index)

    def cancel(self) -> bool:
        """See `concurrent.futures`; a task can be cancelled until a worker takes it."""
        if not self.is_known and not self.tasks.take_back([self.index]):
            return False
        return self.note_cancelled()

    def note_cancelled(self) -> bool:
        """Nobody will begin the task; False if somebody had."""
        cancelled = super().cancel()
        if self._state == CANCELLED:
            self.set_running_or_notify_cancel()
        return cancelled

    def add_done_callback(self, fn: Callable[[Future[Any]], object]) -> None:
        """See `concurrent.futures`."""
        if not self.is_known:
            self.tasks.attentive = self.tasks.has_callbacks = True
            self.tasks.look(self.job, self.index)
        super().add_done_callback(fn)


class TaskWaiterEvent:
    """What somebody waits with who waits for several futures.

    Args:
        futures: Which.
        every: All of them have to be finished.
    """

    def __init__(self, futures: Sequence[Any], *, every: bool) -> None:
        if not all(isinstance(future, TaskFuture) for future in futures):
            here().unmodelled("it waits for futures of different kinds at once")
        self._futures: Sequence[TaskFuture] = futures
        self._every = every
        self._is_set = False
        if not every and len({id(future.tasks) for future in self._futures}) > 1:
            here().unmodelled("it waits for the first future of several executors")

    def set(self) -> None:
        """Enough of them are finished."""
        self._is_set = True

    def clear(self) -> None:
        """Begin anew."""
        self._is_set = False

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until enough of them are finished, and deliver their results."""
        board = here().board
        ends_ns = None if timeout is None else board.clock_ns + int(timeout * 1e9)
        while not self._is_set:
            left_s = None if ends_ns is None else (ends_ns - board.clock_ns) / 1e9
            future = next((future for future in self._futures if not future.is_known), None)
            if future is None:
                break
            if self._every:
                in_time = future.tasks.wait(future.job, future.index, timeout_s=left_s)
            else:
                in_time = future.tasks.wait_for_any(left_s)
            if not in_time:
                break
        return self._is_set
