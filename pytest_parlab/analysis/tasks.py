"""When each task ran, where and at what cost: the books of an executor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pytest_parlab.analysis.intervals import covered, most_at_once
from pytest_parlab.trace.model import Task, Trace

NS = 1e-9


@dataclass(frozen=True, slots=True)
class TimedTask:
    """One task. Times are seconds since the first submission.

    Attributes:
        function: Qualified name of what was called.
        items: How many items it held (a chunk of ``map`` has several).
        submitted: When it was handed over.
        started: When a worker began it; None if none did.
        finished: When the worker ended it; None if it did not end.
        pid: Process that ran it; None if not started.
        thread: Name of the thread that ran it; empty if not started.
        cpu_s: CPU time of that thread, in seconds.
        run_queue_delay_s: Time spent ready to run without a core; None where the system does not tell.
        argument_bytes: Pickled size of the arguments; None if it is not known.
        result_bytes: Pickled size of the result; None if it is not known.
        error: ``"ValueError: text"`` if it raised, else the empty string.
    """

    function: str
    items: int
    submitted: float
    started: float | None
    finished: float | None
    pid: int | None
    thread: str
    cpu_s: float
    run_queue_delay_s: float | None
    argument_bytes: int | None
    result_bytes: int | None
    error: str


@dataclass(frozen=True, slots=True)
class ExecutorFacts:
    """What an executor did.

    Attributes:
        tasks: All tasks, in the order in which they were submitted.
        wall_s: Seconds from the first submission to the end of the last task.
        work_s: CPU seconds of all tasks together.
        max_concurrency: Most tasks that were under way at one moment.
        cpu_overlap: Busy cores on average while any task was under way: CPU seconds of the tasks / those seconds. It
            is above 1 only if tasks really computed at the same time.
        workers: How many workers ran at least one task.
        utilisation: Share of the workers' time, first submission to last end, spent inside tasks; 0 to 1.
        overhead_s: Seconds of `wall_s` in which no task was under way (start-up, pickling, dispatch, tail).
    """

    tasks: tuple[TimedTask, ...]
    wall_s: float
    work_s: float
    max_concurrency: int
    cpu_overlap: float
    workers: int
    utilisation: float
    overhead_s: float


def executor_facts(trace: Trace) -> ExecutorFacts:
    """Sum up all tasks of a trace."""
    begin = min((task.submitted_ns for task in trace.tasks), default=0)
    spans = [(task.started_ns, task.finished_ns) for task in trace.tasks if task.started_ns and task.finished_ns]
    wall_ns = max((end for _, end in spans), default=begin) - begin
    busy_ns = sum(end - start for start, end in spans)
    covered_ns = covered(spans)
    kinds = {group.id: group.kind for group in trace.groups}
    workers = {
        (task.process, task.thread if kinds.get(task.group) in ("thread", "thread-pool") else 0)
        for task in trace.tasks
        if task.started_ns
    }
    names = {(strand.process, strand.thread): strand.name for strand in trace.strands}
    work_ns = sum(task.cpu_ns for task in trace.tasks)
    return ExecutorFacts(
        tasks=tuple(_timed(trace, task, begin, names) for task in trace.tasks),
        wall_s=wall_ns * NS,
        work_s=work_ns * NS,
        max_concurrency=most_at_once(spans),
        cpu_overlap=work_ns / covered_ns if covered_ns else 0.0,
        workers=len(workers),
        utilisation=busy_ns / (wall_ns * len(workers)) if wall_ns and workers else 0.0,
        overhead_s=max(wall_ns - covered_ns, 0) * NS,
    )


def _timed(trace: Trace, task: Task, begin: int, names: Mapping[tuple[int, int], str]) -> TimedTask:
    def since(moment: int | None) -> float | None:
        return None if moment is None else (moment - begin) * NS

    return TimedTask(
        function=task.function,
        items=task.items,
        submitted=(task.submitted_ns - begin) * NS,
        started=since(task.started_ns),
        finished=since(task.finished_ns),
        pid=None if task.process is None else trace.processes[task.process].pid,
        thread="" if task.process is None else names.get((task.process, task.thread or 0), ""),
        cpu_s=task.cpu_ns * NS,
        run_queue_delay_s=None if task.delay_ns is None else task.delay_ns * NS,
        argument_bytes=task.argument_bytes,
        result_bytes=task.result_bytes,
        error=task.error,
    )
