"""PL203 and PL205: locks that are held for too long, or for ever."""

from __future__ import annotations

from collections import defaultdict
from statistics import median
from typing import TYPE_CHECKING

from pytest_parlab.analysis.intervals import covered
from pytest_parlab.analysis.mistakes.facts import Interval, busy, duration, found, title_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_parlab.analysis.mistakes.base import Detector, Mistake, Question
    from pytest_parlab.trace.model import Holding, Process, Trace

# A lock held for less is a short critical section, however often (a process takes as long to start); nanoseconds.
_LONG_HOLDING_NS = 5_000_000
# The share of a worker's own time (waiting for the lock not counted) that one lock must cover to be "the whole work":
# two workers cannot be 1.5 times as fast as one then. The start of a process belongs to its time.
_NEARLY_ALL = 0.7
# Only a mutual exclusion has one holder; a semaphore is acquired and released by different people on purpose.
_EXCLUSIVE = frozenset({"Lock", "RLock"})


def lock_around_everything(trace: Trace, question: Question) -> Iterator[Mistake]:
    """PL203: long holdings of one lock cover nearly all that the workers do."""
    exclusive = {lock.id for lock in trace.locks if lock.kind in _EXCLUSIVE}
    by_lock: dict[int, dict[int, list[Holding]]] = defaultdict(lambda: defaultdict(list))
    for holding in trace.holdings:
        process = trace.process_of(holding.strand)
        if holding.lock in exclusive and holding.released_ns is not None and process.role in {"process", "worker"}:
            by_lock[holding.lock][process.index].append(holding)
    for holders in by_lock.values():
        shares = [_share_under_lock(trace, index, held) for index, held in holders.items()]
        if len(shares) > 1 and min(shares) >= _NEARLY_ALL:
            every = [holding for held in holders.values() for holding in held]
            total = sum(_held_ns(holding) for holding in every)
            waited = sum(_waited_ns(holding) for holding in every)
            yield found(
                "PL203",
                every[0].site,
                f"{len(holders)} processes held this lock for {duration(total)}, at least {min(shares):.0%} of the "
                f"time in which each of them worked, and waited {duration(waited)} for it: only one works at a time. "
                "Compute outside the lock and hold it only for the line that changes shared data.",
                question,
            )


def _held_ns(holding: Holding) -> int:
    return holding.held_ns


def _waited_ns(holding: Holding) -> int:
    return holding.acquired_ns - holding.asked_ns


def _share_under_lock(trace: Trace, index: int, held: list[Holding]) -> float:
    """The part of a worker's own time (waiting for the lock left out) under the lock; 0 if it holds it shortly."""
    if median(_held_ns(holding) / holding.count for holding in held) < _LONG_HOLDING_NS:
        return 0.0
    working = covered(_working_times(trace, trace.processes[index])) - sum(_waited_ns(holding) for holding in held)
    return min(sum(_held_ns(holding) for holding in held) / working, 1.0) if working > 0 else 0.0


def _working_times(trace: Trace, process: Process) -> list[Interval]:
    """When a worker of a pool ran tasks; for a process of the user's own, its whole life."""
    tasks = busy(task for task in trace.tasks if task.process == process.index)
    if tasks or process.role == "worker" or process.started_ns is None or process.finished_ns is None:
        return tasks
    return [(process.started_ns, process.finished_ns)]


def never_released(trace: Trace, question: Question) -> Iterator[Mistake]:
    """PL205: whoever took the lock came to its end and had not given it back."""
    locks = {lock.id: lock for lock in trace.locks}
    last_ticket: dict[int, int] = defaultdict(int)
    for holding in trace.holdings:
        last_ticket[holding.lock] = max(last_ticket[holding.lock], holding.ticket + holding.count - 1)
    for holding in trace.holdings:
        lock = locks.get(holding.lock)
        if lock is None or lock.kind not in _EXCLUSIVE or holding.released_ns is not None:
            continue
        if holding.ticket < last_ticket[holding.lock]:  # somebody had it later, so it was given back
            continue
        how = _came_to_an_end(trace, holding)
        if how:
            yield found(
                "PL205",
                holding.site,
                f"{title_of(trace.process_of(holding.strand))} acquired this {lock.kind} and {how} without "
                "releasing it: whoever asks for it next waits for ever. Write `with lock:`, which releases it on "
                "every way out, an exception included.",
                question,
            )


def _came_to_an_end(trace: Trace, holding: Holding) -> str:
    """How the activity that took the lock ended, or the empty string if it may still be under way."""
    strand = trace.strands[holding.strand]
    process = trace.processes[strand.process]
    for task in trace.tasks:
        if task.process != process.index or task.thread != strand.thread or task.started_ns is None:
            continue
        if task.finished_ns is not None and task.started_ns <= holding.acquired_ns <= task.finished_ns:
            return f"its task ended with {task.error}" if task.error else "its task ended"
    if process.error:
        return f"ended with {process.error}"
    return "ended" if process.ended and process.index != 0 else ""


DETECTORS: tuple[Detector, ...] = (lock_around_everything, never_released)
