"""PL5xx: parallel code that costs more than it brings, and work that was not done in the call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_parlab.analysis.intervals import covered, most_at_once
from pytest_parlab.analysis.mistakes.facts import (
    busy,
    counted,
    duration,
    found,
    tasks_by_group,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_parlab.analysis.mistakes.base import Detector, Mistake, Question
    from pytest_parlab.trace.model import Trace

# CPU time from which a thread pool's work is work; nanoseconds.
_WORTH_MENTIONING_NS = 50_000_000
# Under the GIL one thread computes at a time: CPU over busy time is 1. Waiting work reads near 0, work that gives
# the GIL back (or an interpreter without one) reads up to the number of threads.
_LEAST_BUSY, _MOST_BUSY = 0.7, 1.2
# A baseline below this is too short to say that work is missing; seconds.
_SHORTEST_BASELINE_S = 0.05
# Measured work factors: honest 0.9, a cleverer serial algorithm 3, sleeping instead of working 7, prepared answers
# over 100. Below a fifth of the baseline's CPU time the work was not done.
_SHARE_OF_THE_WORK = 0.2
# Workers per usable core from which computing workers only take turns.
_WORKERS_PER_CORE = 2


def threads_for_computing(trace: Trace, question: Question) -> Iterator[Mistake]:
    """PL501: threads shared computing work, and only one computed at a time."""
    if not question.cpu_bound:
        return
    by_group = tasks_by_group(trace)
    for group in trace.groups:
        tasks = by_group.get(group.id, [])
        intervals = busy(tasks)
        if group.kind not in {"thread", "thread-pool"} or most_at_once(intervals) < 2:  # noqa: PLR2004
            continue
        cpu, busy_ns = sum(task.cpu_ns for task in tasks), covered(intervals)
        delayed = sum(task.delay_ns or 0 for task in tasks)
        if cpu < _WORTH_MENTIONING_NS or cpu > _MOST_BUSY * busy_ns or cpu + delayed < _LEAST_BUSY * busy_ns:
            continue
        yield found(
            "PL501",
            group.site,
            f"{counted(len(tasks), 'task', 'tasks')} ran in up to {most_at_once(intervals)} threads at once, but "
            f"used {duration(cpu)} of CPU time in {duration(busy_ns)}: one core's worth. Threads of one process take "
            "turns at the interpreter lock when they compute. Use processes (Pool or ProcessPoolExecutor).",
            question,
        )


def more_workers_than_asked(trace: Trace, question: Question) -> Iterator[Mistake]:
    """PL503: a pool is larger than what was asked for, or far larger than the machine."""
    for group in trace.groups:
        if group.kind not in {"pool", "process"}:
            continue
        if question.workers is not None and group.workers > question.workers:
            yield found(
                "PL503",
                group.site,
                f"{counted(question.workers, 'worker was', 'workers were')} asked for, and this pool has "
                f"{group.workers}: each more costs a start and takes turns with the others. Pass the number that the "
                "function is given.",
                question,
            )
        elif (
            question.workers is None
            and question.cores is not None
            and question.cpu_bound
            and group.workers > _WORKERS_PER_CORE * max(question.cores, 1)
        ):
            yield found(
                "PL503",
                group.site,
                f"This pool has {group.workers} workers and the machine {question.cores:g} usable cores: workers "
                "that compute only take turns. Ask for one worker per usable core.",
                question,
            )


def work_not_done(trace: Trace, question: Question) -> Iterator[Mistake]:
    """PL506: the call used hardly any CPU time, where the same answer costs the serial reference a lot."""
    baseline, candidate = question.baseline_cpu_s, question.candidate_cpu_s
    if baseline is None or candidate is None or baseline < _SHORTEST_BASELINE_S:
        return
    # The system counts a child's CPU time when it is joined: a child that is left may have done the work.
    uncounted = any(one.joined_ns is None for one in trace.processes if one.role == "process")
    if candidate < _SHARE_OF_THE_WORK * baseline and not uncounted:
        yield found(
            "PL506",
            None,
            f"The call used {duration(candidate * 1e9)} of CPU time in all its processes, where the serial reference "
            f"uses {duration(baseline * 1e9)} for the same input: the work was not done in this call. Compute the "
            "answer from the arguments, in the workers, each time.",
            question,
        )


DETECTORS: tuple[Detector, ...] = (threads_for_computing, more_workers_than_asked, work_not_done)
