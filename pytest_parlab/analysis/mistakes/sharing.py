"""PL2xx: shared memory that is not guarded, or guarded in the wrong way."""

from __future__ import annotations

from collections import Counter, defaultdict
from statistics import median
from typing import TYPE_CHECKING

from pytest_parlab.analysis.mistakes.facts import (
    Interval,
    busy,
    counted,
    covered_ns,
    duration,
    found,
    line_of,
    listed,
    title_of,
)
from pytest_parlab.analysis.mistakes.source import changed_loop_variable
from pytest_parlab.analysis.mistakes.updates import open_pairs

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pytest_parlab.analysis.mistakes.base import Detector, Mistake, Question
    from pytest_parlab.analysis.updates import Update
    from pytest_parlab.trace.model import Holding, Lock, Process, Site, Trace

# A lock held for less is a short critical section, however often (a process takes as long to start); nanoseconds.
_LONG_HOLDING_NS = 5_000_000
# The share of a worker's own time (waiting for the lock not counted) that one lock must cover to be "the whole work":
# two workers cannot be 1.5 times as fast as one then. The start of a process belongs to its time.
_NEARLY_ALL = 0.7
# Only a mutual exclusion has one holder; a semaphore is acquired and released by different people on purpose.
_EXCLUSIVE = frozenset({"Lock", "RLock"})


def _name_of_cell(trace: Trace, cell: tuple[int, int]) -> str:
    block = next((one for one in trace.blocks if one.id == cell[0]), None)
    if block is None:
        return "a shared cell"
    place = f" made at line {block.site.line}" if block.site else ""
    return f"{block.kind}{place}" if block.length == 1 else f"element {cell[1]} of {block.kind}{place}"


def _by_line(pairs: Iterable[tuple[Update, Update]]) -> list[tuple[Update, Update, int]]:
    """One pair for each combination of lines, and how many there are."""
    first: dict[tuple[object, ...], tuple[Update, Update]] = {}
    number: Counter[tuple[object, ...]] = Counter()
    for one, other in pairs:
        key = tuple(sorted({(update.write.site.path, update.write.site.line) for update in (one, other)}))
        first.setdefault(key, (one, other))
        number[key] += 1
    return [(*pair, number[key]) for key, pair in first.items()]


def _who(trace: Trace, *updates: Update) -> str:
    processes = {trace.process_of(update.write.strand).index for update in updates}
    return listed(title_of(trace.processes[index]) for index in sorted(processes))


def unlocked_update(trace: Trace, question: Question) -> Iterator[Mistake]:
    """PL201: a process reads a cell and writes it back, and another may change it in between."""
    pairs = (pair for pair in open_pairs(trace, question) if not (pair[0].protection and pair[1].protection))
    for one, other, number in _by_line(pairs):
        bare = other if one.protection else one
        lines = sorted({one.write.site.line, other.write.site.line})
        where = f"at lines {lines[0]} and {lines[1]} " if len(lines) > 1 else ""
        yield found(
            "PL201",
            bare.write.site,
            f"{_who(trace, one, other)} change {_name_of_cell(trace, bare.write.cell)} {where}without a common lock "
            f"({counted(number, 'such pair', 'such pairs')} in this run): reading and writing back are two "
            "steps, and an update made by another process between them is lost. Put both into one `with "
            "value.get_lock():`, or under one Lock that all processes are given.",
            question,
        )


def lock_per_process(trace: Trace, question: Question) -> Iterator[Mistake]:
    """PL202: each process guards the same cell by a lock that was made for it and that nobody else ever held."""
    private = _private_locks(trace)
    pairs = (pair for pair in open_pairs(trace, question) if _each_its_own(trace, pair, private))
    for one, other, _ in _by_line(pairs):
        locks = {lock.id: lock for lock in trace.locks}
        site = locks[min(one.protection)].site or one.write.site
        yield found(
            "PL202",
            site,
            f"{_who(trace, one, other)} each hold a lock while they change {_name_of_cell(trace, one.write.cell)} "
            f"({line_of(one.write.site)}), but each has its own lock, made here, so nobody ever waits for anybody. "
            "Make one Lock in the parent, before the processes start, and pass the same one to each of them.",
            question,
        )


def _private_locks(trace: Trace) -> dict[int, int]:
    """The locks that only one process ever held, with that process."""
    holders: dict[int, set[int]] = defaultdict(set)
    for holding in trace.holdings:
        holders[holding.lock].add(trace.strands[holding.strand].process)
    return {lock: next(iter(processes)) for lock, processes in holders.items() if len(processes) == 1}


def _each_its_own(trace: Trace, pair: tuple[Update, Update], private: dict[int, int]) -> bool:
    """Both guards are private, and one line of code made both: each process has its copy of what should be one."""
    locks = {lock.id: lock for lock in trace.locks}
    makers: set[tuple[str, int] | None] = set()
    for update in pair:
        if not update.protection:
            return False
        for number in update.protection:
            if private.get(number) != trace.strands[update.write.strand].process or number not in locks:
                return False
            site = locks[number].site
            makers.add((site.path, site.line) if site else None)
    return len(makers) == 1 and None not in makers


def two_locks(trace: Trace, question: Question) -> Iterator[Mistake]:
    """PL204: two processes update one cell, each under a lock, but not under the same one."""
    private = _private_locks(trace)
    pairs = (
        pair
        for pair in open_pairs(trace, question)
        if pair[0].protection and pair[1].protection and not _each_its_own(trace, pair, private)
    )
    for one, other, _ in _by_line(pairs):
        locks = {lock.id: lock for lock in trace.locks}
        here, there = (_lock_text(locks.get(min(update.protection))) for update in (one, other))
        yield found(
            "PL204",
            other.write.site,
            f"{_name_of_cell(trace, one.write.cell)} is changed by {_who(trace, one)} under {here} "
            f"({line_of(one.write.site)}) and by {_who(trace, other)} under {there} ({line_of(other.write.site)}): "
            "two locks do not keep each other out. Guard one variable by one lock, everywhere.",
            question,
        )


def _lock_text(lock: Lock | None) -> str:
    if lock is None:
        return "one lock"
    return f"the {lock.kind} made at {line_of(lock.site)}" if lock.site else f"a {lock.kind}"


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
    return (holding.released_ns or holding.acquired_ns) - holding.acquired_ns


def _waited_ns(holding: Holding) -> int:
    return holding.acquired_ns - holding.asked_ns


def _share_under_lock(trace: Trace, index: int, held: list[Holding]) -> float:
    """The part of a worker's own time (waiting for the lock left out) under the lock; 0 if it holds it shortly."""
    if median(_held_ns(holding) for holding in held) < _LONG_HOLDING_NS:
        return 0.0
    working = covered_ns(_working_times(trace, trace.processes[index])) - sum(_waited_ns(holding) for holding in held)
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
        last_ticket[holding.lock] = max(last_ticket[holding.lock], holding.ticket)
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


def changed_copy(trace: Trace, question: Question) -> Iterator[Mistake]:
    """PL206: a worker reads the elements of a shared array in a loop and changes only the loop variable."""
    lengths = {block.id: block.length for block in trace.blocks}
    readers: dict[tuple[int, int], tuple[Site, set[int]]] = {}
    writers: set[tuple[int, int]] = set()
    for access in trace.accesses:
        block, cell = access.cell
        key = (block, trace.strands[access.strand].process)
        if access.kind == "write":
            writers.add(key)
        elif lengths.get(block, 1) > 1:
            readers.setdefault(key, (access.site, set()))[1].add(cell)
    seen: set[tuple[str, int]] = set()
    for (block, process), (site, cells) in readers.items():
        place = (site.path, site.line)
        change = None if (block, process) in writers or place in seen else changed_loop_variable(site, question)
        if change is None:
            continue
        seen.add(place)
        name, line = change
        worker = title_of(trace.processes[process])
        yield found(
            "PL206",
            site,
            f"{worker} read {counted(len(cells), 'element', 'elements')} of {_name_of_block(trace, block)} and wrote "
            f"none: line {line} changes `{name}`, a copy of the element. Loop over the positions and write to the "
            f"array: for i in range(len(array)): array[i] = ...",
            question,
        )


def _name_of_block(trace: Trace, block: int) -> str:
    return next((one.kind for one in trace.blocks if one.id == block), "a shared array")


DETECTORS: tuple[Detector, ...] = (
    unlocked_update,
    lock_per_process,
    two_locks,
    lock_around_everything,
    never_released,
    changed_copy,
)
