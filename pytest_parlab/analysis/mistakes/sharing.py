"""PL2xx: shared memory that is not guarded, or guarded in the wrong way."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from pytest_parlab.analysis.mistakes.facts import (
    counted,
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
    from pytest_parlab.trace.model import Lock, Site, Trace


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
    changed_copy,
)
