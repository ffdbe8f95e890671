"""Who did what when: the rows of the timeline, taken from a trace and not yet drawn."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from pytest_parlab.report.text import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_parlab.trace.model import Process, Task, Trace

SpanKind: TypeAlias = Literal["idle", "start-up", "runs", "waits", "bar", "lock"]
"""What a row does for a while, each drawn over the ones before it in this list. ``idle``: alive; ``runs``: the first
process outside its waits; ``waits``: for a child or a result; ``bar``: a task, or the whole life of a bare process;
``lock``: waits for a lock."""

SpanEnd: TypeAlias = Literal["", "error", "open"]
"""How a bar ended: well, with an error, or nobody saw it end."""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time in a row.

    Attributes:
        kind: What is done.
        start_ns: From when.
        end_ns: Until when.
        end: How it ended; bars only.
    """

    kind: SpanKind
    start_ns: int
    end_ns: int
    end: SpanEnd = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the timeline: a process, or a thread that ran tasks.

    Attributes:
        label: Its name.
        note: What is said behind it.
        spans: In the order in which they are drawn, later ones over earlier ones.
    """

    label: str
    note: str
    spans: tuple[Span, ...]


def window(trace: Trace) -> tuple[int, int] | None:
    """Give the stretch of time in which something ran beside the first process; None if nothing did."""
    moments = [
        moment
        for process in trace.processes[1:]
        for moment in (process.created_ns, process.started_ns, process.finished_ns, process.joined_ns)
        if moment
    ]
    for task in trace.tasks:
        moments += [moment for moment in (task.submitted_ns, task.started_ns, task.finished_ns) if moment is not None]
    if not moments:
        return None
    ends = [task.finished_ns for task in trace.tasks] + [process.finished_ns for process in trace.processes[1:]]
    return min(moments), max(*moments, trace.finished_ns if None in ends else 0)


def bars(trace: Trace) -> list[Span]:
    """Give every bar: the tasks and the bare processes."""
    return task_bars(trace) + process_bars(trace)


def task_bars(trace: Trace) -> list[Span]:
    """Give the bar of every task that started."""
    return [_task_bar(task, trace) for task in trace.tasks if task.started_ns is not None]


def process_bars(trace: Trace) -> list[Span]:
    """Give the bar of every bare process that began."""
    bare = (process for process in trace.processes if process.role == "process")
    return [_life(process, trace) for process in bare if process.started_ns is not None]


def lock_waits(trace: Trace) -> list[Span]:
    """Give the waits for locks of all processes that have bars."""
    busy = {process.index for process in trace.processes if process.role == "process"}
    busy |= {task.process for task in trace.tasks if task.process is not None}
    return [span for process, waits in _lock_waits(trace).items() if process in busy for _, span in waits]


def at_once(spans: Sequence[Span]) -> list[tuple[int, int]]:
    """Count the spans that overlap, as (moment, number from then on); one that ends where another begins does not."""
    changes = sorted([(span.start_ns, 1) for span in spans] + [(span.end_ns, -1) for span in spans])
    series: list[tuple[int, int]] = []
    number = 0
    for moment, change in changes:
        number += change
        if series and series[-1][0] == moment:
            series.pop()
        series.append((moment, number))
    return series


def rows(trace: Trace) -> Iterator[Row]:
    """Give the row of every process, each followed by those of its threads that ran tasks."""
    tasks: dict[tuple[int, int], list[Task]] = defaultdict(list)
    for task in trace.tasks:
        if task.process is not None and task.started_ns is not None:
            tasks[task.process, task.thread or 0].append(task)
    locks = _lock_waits(trace)
    waits = _waits(trace)
    for process in trace.processes:
        threads = sorted(thread for index, thread in tasks if index == process.index)
        merged = process.role == "worker" and len(threads) <= 1  # a pool's worker and its one thread are the same row
        own = [task for thread in threads for task in tasks[process.index, thread]] if merged else []
        hidden = [] if merged else threads
        yield Row(
            process.name,
            _note(process, len(own)),
            (
                *_alive(process, trace),
                *waits[process.index],
                *(_task_bar(task, trace) for task in own),
                *(span for thread, span in locks[process.index] if thread not in hidden),
            ),
        )
        for thread in hidden:
            mine = tasks[process.index, thread]
            waited = [span for owner, span in locks[process.index] if owner == thread]
            spans = (*(_task_bar(task, trace) for task in mine), *waited)
            yield Row(f"  {_thread_name(trace, process.index, thread)}", counted(len(mine), "task"), spans)


def _alive(process: Process, trace: Trace) -> Iterator[Span]:
    if process.parent is None:
        yield Span("runs", trace.started_ns, trace.finished_ns)
        return
    if process.started_ns is None:  # started, but it never got as far as an event of its own
        yield Span("start-up", process.created_ns, process.joined_ns or trace.finished_ns)
        return
    yield Span("start-up", process.created_ns, process.started_ns)
    if process.role == "process":
        yield _life(process, trace)
    else:
        yield Span("idle", process.started_ns, process.finished_ns or trace.finished_ns)


def _life(process: Process, trace: Trace) -> Span:
    start = process.created_ns if process.started_ns is None else process.started_ns
    end: SpanEnd = ""
    if process.error or process.exit_code not in {0, None}:
        end = "error"
    elif not process.ended and process.exit_code is None:
        end = "open"
    last = process.finished_ns if process.finished_ns is not None else trace.finished_ns
    return Span("bar", start, max(start, trace.finished_ns if end == "open" else last), end)


def _task_bar(task: Task, trace: Trace) -> Span:
    start = task.submitted_ns if task.started_ns is None else task.started_ns
    if task.finished_ns is None:
        return Span("bar", start, trace.finished_ns, "open")
    return Span("bar", start, task.finished_ns, "error" if task.error else "")


def _waits(trace: Trace) -> dict[int, list[Span]]:
    """For each process, when it waited for a child to end or for a result."""
    found: dict[int, list[Span]] = defaultdict(list)
    for process in trace.processes:
        if process.parent is not None and process.join_called_ns is not None:
            end = trace.finished_ns if process.joined_ns is None else process.joined_ns
            found[process.parent].append(Span("waits", process.join_called_ns, end))
    owners = {group.id: group.process for group in trace.groups}
    for task in trace.tasks:
        end = trace.finished_ns if task.finished_ns is None else task.finished_ns
        if task.group in owners and task.retrieved_ns is not None and end > task.retrieved_ns:
            found[owners[task.group]].append(Span("waits", task.retrieved_ns, end))
    return found


def _lock_waits(trace: Trace) -> dict[int, list[tuple[int, Span]]]:
    """For each process, which of its threads waited for a lock when."""
    found: dict[int, list[tuple[int, Span]]] = defaultdict(list)
    for holding in trace.holdings:
        strand = trace.strands[holding.strand]
        found[strand.process].append((strand.thread, Span("lock", holding.asked_ns, holding.acquired_ns)))
    return found


def _note(process: Process, tasks: int) -> str:
    worker = counted(tasks, "task") if tasks else "no task"
    notes = (
        (process.parent is None, "the parent"),
        (process.exit_code not in {0, None}, f"exit code {process.exit_code}"),
        (bool(process.error), process.error.partition(":")[0]),
        (process.started_ns is None, "no sign of life"),
        (process.role == "worker", worker),
        (process.role == "helper", "helper"),
        (not process.ended and process.exit_code is None, "end not seen"),
    )
    return next((note for applies, note in notes if applies), "")


def _thread_name(trace: Trace, process: int, thread: int) -> str:
    names = (strand.name for strand in trace.strands if (strand.process, strand.thread) == (process, thread))
    return next(names, "") or f"thread {thread}"
