"""Read-modify-writes of shared cells: which of them may lose another's, and which locks guarded them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import TYPE_CHECKING

from pytest_parlab.trace.model import Access, Trace, happens_before

if TYPE_CHECKING:
    from collections.abc import Iterator

# Different updates of one cell that are compared pairwise. Repetitions of one line under one clock count once, so
# that real programs stay far below.
_MOST_PER_CELL = 200


@dataclass(frozen=True, slots=True)
class Update:
    """One strand read a cell and then wrote it, on the same line, with no other access of its own between.

    Attributes:
        read: The read.
        write: The write.
        process: Index of the process.
        guards: Ids of the locks that were held from the read to the write without a gap.
    """

    read: Access
    write: Access
    process: int
    guards: frozenset[int]


def unordered_pairs(trace: Trace) -> Iterator[tuple[Update, Update]]:
    """Pairs of updates of one cell by two processes that neither an order nor a common lock keeps apart."""
    for updates in _updates_by_cell(trace).values():
        for one, other in combinations(updates, 2):
            if one.process != other.process and not one.guards & other.guards and not _ordered(one, other):
                yield one, other


def _ordered(one: Update, other: Update) -> bool:
    return happens_before(one.write, other.read) or happens_before(other.write, one.read)


def _updates_by_cell(trace: Trace) -> dict[tuple[int, int], list[Update]]:
    by_owner: dict[tuple[tuple[int, int], int], list[Access]] = defaultdict(list)
    for access in trace.accesses:
        by_owner[access.cell, access.strand].append(access)
    updates: dict[tuple[int, int], dict[object, Update]] = defaultdict(dict)
    for (cell, strand), accesses in by_owner.items():
        accesses.sort(key=lambda access: access.position)
        for read, write in pairwise(accesses):
            if read.kind == "read" and write.kind == "write" and _same_line(read, write):
                guards = frozenset(lock for lock, _ in read.locks & write.locks)
                update = Update(read, write, trace.strands[strand].process, guards)
                shape = (strand, write.site.line, write.clock, guards)
                if len(updates[cell]) < _MOST_PER_CELL:
                    updates[cell].setdefault(shape, update)
    return {cell: list(shapes.values()) for cell, shapes in updates.items()}


def _same_line(read: Access, write: Access) -> bool:
    return (read.site.path, read.site.line) == (write.site.path, write.site.line)
