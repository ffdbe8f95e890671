"""What a strand does with one cell: single accesses, and pairs of accesses that belong together.

``total.value += 1`` reads under the Value's own lock, lets go of it, and writes under it again. It is the update as a
whole, not either access, that another process can break into (atomicity violation: Flanagan and Qadeer 2003; the
pairs that an access between makes unserialisable: Lu et al., AVIO, 2006).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from operator import attrgetter
from typing import Literal, NamedTuple, TypeAlias

from pytest_parlab.trace.model import Access, CellKey, Site, Trace, happens_before
from pytest_parlab.trace.purposes import Purpose

Pattern: TypeAlias = Literal["update", "write", "read", "reads", "writes", "write-back"]


class Update(NamedTuple):
    """One or two accesses of a strand to a cell.

    Attributes:
        pattern: ``update`` (the write depends on the read), ``write`` or ``read`` (alone), ``reads`` or ``writes``
            (one after the other in one function), or ``write-back`` (a read of what was just written).
        read: The read that the new value comes from; None for a write that depends on no read.
        write: The last access: the write of an update, or whatever comes last in another pattern.
        protection: Locks held from the first to the last access without a gap.
    """

    read: Access | None
    write: Access
    protection: frozenset[int]
    pattern: Pattern = "update"

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


def updates_of(accesses: list[Access]) -> Iterator[Update]:
    """The changes among the accesses of one strand to one cell: updates and single writes, in program order."""
    return (found for found in patterns_of(accesses) if found.pattern in {"update", "write"})


def patterns_of(accesses: list[Access]) -> Iterator[Update]:
    """All patterns of one strand in one cell, in program order of their last accesses."""
    for access in accesses:
        before, reads = access.previous, access.kind == "read"
        if reads:
            yield Update(None, access, access.locks, "read")
        elif before is not None and _makes_update(before, access):
            yield Update(before, access, access.kept)
        else:
            yield Update(None, access, access.locks, "write")
        if before is None or before.site is access.site or (before.kind == "read" and not reads):
            continue
        apart = _lines_apart(before.site, access.site)
        if apart is None or apart < 0 or (before.site.column == access.site.column and before.site == access.site):
            continue
        if before.kind == access.kind:
            yield Update(before, access, access.kept, "reads" if reads else "writes")
        elif apart > 0:
            yield Update(before, access, access.kept, "write-back")


def _begins(accesses: list[Access]) -> set[Site]:
    """The places of the reads with which the updates among some accesses begin."""
    found = {
        id(before.site): before.site
        for access in accesses
        if access.kind == "write" and (before := access.previous) is not None and _makes_update(before, access)
    }
    return set(found.values())  # most are the same object: it is hashed once


def _makes_update(before: Access, write: Access) -> bool:
    """The write depends on the read that came before it."""
    if before.kind != "read":
        return False
    apart = _lines_apart(before.site, write.site)
    return apart is not None and apart >= 0 and _depends(before, write)


def _lines_apart(first: Site, second: Site) -> int | None:
    """How many lines further down the second place is in the function that made both accesses, itself or by calls.

    None if they have no function in common. Less than 0 means another pass of a loop, or another call.
    """
    if (first.path, first.function) == (second.path, second.function):
        return second.line - first.line
    if len(first.stack) < 2 or len(second.stack) < 2:  # noqa: PLR2004 - the accessing function and its caller
        return None
    (path, line, function), (other_path, other_line, other_function) = first.stack[1], second.stack[1]
    return other_line - line if (path, function) == (other_path, other_function) else None


def _depends(read: Access, write: Access) -> bool:
    """What is written comes from what was read, as far as the source tells.

    It does in one statement, if that was not another pass: nothing is synchronised inside a statement. In several,
    what was only displayed is not used, and a constant depends on a read only by being written or not: a check.
    """
    if (read.site.path, read.site.line) == (write.site.path, write.site.line):
        return read.clock == write.clock
    if Purpose.DISPLAYS in read.purpose:
        return False
    return Purpose.CONSTANT not in write.purpose or bool(read.purpose & (Purpose.CHECKS | Purpose.POLLS))


@dataclass(slots=True)
class Run:
    """Consecutive updates of one cell by one strand that do not differ in place, locks or clock."""

    update: Update
    updates: list[Update]


def accesses_by_cell(trace: Trace) -> dict[CellKey, dict[int, list[Access]]]:
    """The accesses of cells that several strands use and at least one writes: cell -> strand -> in program order."""
    found: dict[CellKey, dict[int, list[Access]]] = defaultdict(lambda: defaultdict(list))
    written: set[CellKey] = set()
    for access in trace.accesses:
        cell = access.cell
        found[cell][access.strand].append(access)
        if access.kind == "write":
            written.add(cell)
    shared = {cell: by_strand for cell, by_strand in found.items() if len(by_strand) > 1 and cell in written}
    for by_strand in shared.values():
        for accesses in by_strand.values():
            accesses.sort(key=attrgetter("position"))
    return shared


def runs_by_cell(trace: Trace) -> dict[CellKey, dict[int, list[Run]]]:
    """All changes of a trace, folded: cell -> strand -> runs in program order."""
    return {
        cell: {strand: _fold(own) for strand, own in by_strand.items()}
        for cell, by_strand in accesses_by_cell(trace).items()
    }


def _fold(accesses: list[Access]) -> list[Run]:
    runs: list[Run] = []
    last: tuple[object, ...] = ()
    for update in updates_of(accesses):
        key = (
            update.begin.site,
            update.write.site,
            update.protection,
            update.write.locks,
            update.begin.clock,
            update.write.clock,
        )
        if key == last:
            runs[-1].updates.append(update)
        else:
            runs.append(Run(update, [update]))
            last = key
    return runs


class UpdateBegins:
    """The places of reads that begin an update of a cell of one block, looked for when they are asked for.

    Args:
        cells: All cells.
    """

    def __init__(self, cells: dict[CellKey, dict[int, list[Access]]]) -> None:
        self._cells = cells
        self._found: dict[int, set[Site]] = {}

    def of(self, block: int) -> set[Site]:
        """Those of one block."""
        if not self._found:
            self._found = defaultdict(set)
            for (number, _), by_strand in self._cells.items():
                for accesses in by_strand.values():
                    self._found[number] |= _begins(accesses)
        return self._found[block]
