"""The `timed_executor` fixture: when did each task run, where, and at what cost?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import replace
from types import TracebackType
from typing import Any, Self

from pytest_parlab.analysis.tasks import ExecutorFacts, TimedTask, executor_facts
from pytest_parlab.errors import NotParallel, UsageError
from pytest_parlab.instrument import watching
from pytest_parlab.trace.model import Trace

KINDS: dict[str, Callable[..., Executor]] = {"process": ProcessPoolExecutor, "thread": ThreadPoolExecutor}


class ExecutorReport:
    """What an executor did; there once its ``with`` block has ended or it was shut down.

    Attributes:
        tasks: All tasks in the order of their submission, times in seconds since the first.
        wall_s: Seconds from the first submission to the end of the last task.
        work_s: CPU seconds of all tasks together.
        max_concurrency: Most tasks that were under way at one moment.
        cpu_overlap: Busy cores on average while any task was under way.
        workers: How many workers ran at least one task.
        utilisation: Share of the workers' time spent inside tasks, 0 to 1.
        overhead_s: Seconds in which no task was under way: start-up, pickling, dispatch, tail.
        trace: What the report was made from.
    """

    def __init__(self, trace: Trace) -> None:
        facts: ExecutorFacts = executor_facts(trace)
        self.trace = trace
        self.tasks: tuple[TimedTask, ...] = facts.tasks
        self.wall_s = facts.wall_s
        self.work_s = facts.work_s
        self.max_concurrency = facts.max_concurrency
        self.cpu_overlap = facts.cpu_overlap
        self.workers = facts.workers
        self.utilisation = facts.utilisation
        self.overhead_s = facts.overhead_s

    def timeline(self, *, width: int = 78, unicode: bool = False) -> str:
        """Draw the tasks of each worker as bars over time.

        Args:
            width: Columns.
            unicode: Use block characters; by default plain ASCII.
        """
        from pytest_parlab.report.timeline import timeline  # noqa: PLC0415 - only where it is drawn

        return timeline(self.trace, width=width, unicode=unicode)

    def assert_parallel(self, workers: int) -> None:
        """Fail if fewer than `workers` tasks were under way at once, or fewer workers took part.

        Raises:
            NotParallel: Fewer; the text has the timeline.
        """
        if self.max_concurrency >= workers and self.workers >= workers:
            return
        raise NotParallel(
            f"{workers} workers were to be at work at once; {self.workers} took part, and at most "
            f"{self.max_concurrency} of {len(self.tasks)} tasks were under way at one moment.\n{self.timeline()}\n"
            "Submit all tasks before asking for the first result, and give each enough work that the first worker "
            "does not finish them all while the others start."
        )


class TimedExecutor(Executor):
    """A `concurrent.futures` executor that keeps books; use it in a ``with`` block.

    Args:
        kind: ``process`` or ``thread``.
        max_workers: Number of workers; the standard library's default if None.
        options: More arguments of the standard executor, for example ``mp_context`` or ``initializer``.

    Raises:
        UsageError: There is no such kind.
        ValueError: The standard library refuses an argument.
    """

    def __init__(self, kind: str, max_workers: int | None = None, **options: Any) -> None:
        if kind not in KINDS:
            raise UsageError(f"timed_executor has no kind {kind!r}; use one of {', '.join(map(repr, KINDS))}")
        self._report: ExecutorReport | None = None
        self._watch = watching()
        self._watch.__enter__()
        self._open = True
        try:
            self._inner = KINDS[kind](max_workers, **options)
        except BaseException:
            self._open = False
            self._watch.__exit__(None, None, None)
            raise

    @property
    def report(self) -> ExecutorReport:
        """What happened.

        Raises:
            UsageError: The executor is still at work.
        """
        if self._report is None:
            raise UsageError("the report is there once the executor has shut down: look at it after the with block")
        return self._report

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Hand one call over, as in the standard library."""
        return self._inner.submit(fn, *args, **kwargs)

    def map(
        self,
        fn: Callable[..., Any],
        *iterables: Iterable[Any],
        timeout: float | None = None,
        chunksize: int = 1,
        **more: Any,
    ) -> Iterator[Any]:
        """Hand one call per item over, as in the standard library."""
        return self._inner.map(fn, *iterables, timeout=timeout, chunksize=chunksize, **more)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: FBT001, FBT002 - the library's
        """Shut down, as in the standard library; the report is made once this has waited for all tasks."""
        self._inner.shutdown(wait, cancel_futures=cancel_futures)
        if wait:
            self._close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.shutdown(wait=True)

    def _close(self) -> None:
        if self._open:
            self._open = False
            self._watch.__exit__(None, None, None)
            self._report = ExecutorReport(self._own(self._watch.trace))

    def _own(self, trace: Trace) -> Trace:
        """The trace without the tasks of others: executors and pools that were at work at the same time."""
        _, group = vars(self._inner).get("_parlab_group", (0, None))
        return replace(trace, tasks=tuple(task for task in trace.tasks if task.group == group))


class TimedExecutors:
    """Makes timed executors for one test, and shuts down those that the test forgot. The fixture `timed_executor`."""

    def __init__(self) -> None:
        self._made: list[TimedExecutor] = []

    def __call__(self, kind: str = "process", max_workers: int | None = None, **options: Any) -> TimedExecutor:
        """Make one; see `TimedExecutor`."""
        executor = TimedExecutor(kind, max_workers, **options)
        self._made.append(executor)
        return executor

    def close(self) -> None:
        """Shut down what is still open, the latest first."""
        for executor in reversed(self._made):
            executor.shutdown(wait=True, cancel_futures=True)
