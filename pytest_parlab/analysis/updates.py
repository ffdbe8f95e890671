"""Updates of shared cells: a read and the write that follows from it, or a write that follows from nothing.

``total.value += 1`` reads under the Value's own lock, lets go of it, and writes under it again. It is the update as a
whole, not either access, that another process can break into (atomicity violation: Flanagan and Qadeer 2003).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from pytest_parlab.trace.model import Access, CellKey, Clock, Trace, happens_before


@dataclass(frozen=True, slots=True)
class Update:
    """One change of a cell.

    Attributes:
        read: The read that the new value comes from; None for a write that depends on no read.
        write: The write.
        protection: Locks held from the read to the write without a gap.
    """

    read: Access | None
    write: Access
    protection: frozenset[int]

    @property
    def begin(self) -> Access:
        """Its first access."""
        return self.read or self.write

    @property
    def augmented(self) -> bool:
        """It is one augmented assignment: read and write stand at the same expression."""
        if self.read is None:
            return False
        first, second = self.read.site, self.write.site
        return (first.path, first.line, first.column, first.end_column) == (
            second.path,
            second.line,
            second.column,
            second.end_column,
        ) and first.column >= 0


def may_break(whole: Update, other: Update) -> bool:
    """Tell whether `other` can come between read and write of `whole`: no order forbids it and no lock in common."""
    return (
        not whole.protection & other.write.locks
        and not happens_before(other.write, whole.begin)
        and not happens_before(whole.write, other.begin)
    )


@dataclass(slots=True)
class Run:
    """Consecutive updates of one cell by one strand that do not differ in place, locks or clock."""

    update: Update
    updates: list[Update]


RunKey = tuple[object, ...]


def updates_of(accesses: list[Access]) -> Iterator[Update]:
    """Pair reads and writes of one cell by one strand, in program order.

    A write belongs to the last read before it if both stand in the same function: the same augmented assignment, or a
    value that was read, changed and written back.
    """
    for access in accesses:
        if access.kind == "read":
            continue
        before = access.previous
        read = before if before is not None and before.kind == "read" and _same_function(before, access) else None
        yield Update(read, access, access.locks if read is None else access.kept)


def _same_function(first: Access, second: Access) -> bool:
    return (first.site.path, first.site.function) == (second.site.path, second.site.function)


def runs_by_cell(trace: Trace) -> dict[CellKey, dict[int, list[Run]]]:
    """All updates of a trace, folded: cell -> strand -> runs in program order."""
    accesses: dict[CellKey, dict[int, list[Access]]] = defaultdict(lambda: defaultdict(list))
    for access in trace.accesses:
        accesses[access.cell][access.strand].append(access)
    return {
        cell: {strand: _fold(own) for strand, own in by_strand.items()}
        for cell, by_strand in accesses.items()
        if len(by_strand) > 1
    }


def _fold(accesses: list[Access]) -> list[Run]:
    runs: list[Run] = []
    last: RunKey = ()
    accesses.sort(key=lambda access: access.position)
    for update in updates_of(accesses):
        key = _key(update)
        if key == last:
            runs[-1].updates.append(update)
        else:
            runs.append(Run(update, [update]))
            last = key
    return runs


def _key(update: Update) -> RunKey:
    clock: Clock = update.begin.clock
    return (
        update.begin.site,
        update.write.site,
        update.protection,
        update.write.locks,
        clock,
        update.write.clock,
    )
