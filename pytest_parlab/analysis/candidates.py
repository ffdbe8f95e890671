"""The rules: which pairs of patterns are a race, and of which kind.

| kind | one side | the other side |
|---|---|---|
| lost-update | an update | a change that can fall into it |
| inconsistent-lock | an update under a lock, or a read under one | a change under another lock |
| unprotected-access | a raw access | any access, one of the two a write |
| unserialisable | two accesses that belong together, or a read that matters | an access that spoils them |

An access that polls is a wait, and one that displays may show anything: neither is the read of a race.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise, permutations, takewhile

from pytest_parlab.analysis.conflicts import Series, concurrent, series_of
from pytest_parlab.analysis.races_model import RaceKind
from pytest_parlab.analysis.updates import Update, UpdateBegins, accesses_by_cell, patterns_of
from pytest_parlab.trace.model import Access, CellKey, Site, Trace, happens_before
from pytest_parlab.trace.purposes import Purpose

_CHANGES = frozenset({"update", "write"})
_IDLE = Purpose.POLLS | Purpose.DISPLAYS
Place = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Candidate:
    """Two patterns in one cell that nothing keeps apart.

    Attributes:
        kind: Which rule it falls under.
        cell: Where.
        whole: The side that goes wrong.
        other: The side that comes in between.
        observed: It did in this run.
        series: All that is like either side, by the same strands.
    """

    kind: RaceKind
    cell: CellKey
    whole: Update
    other: Update
    observed: bool
    series: tuple[Series, Series]

    @property
    def places(self) -> tuple[Place, Place]:
        """The two lines."""
        first, second = sorted((_place(self.whole.write), _place(self.other.write)))
        return first, second


def _place(access: Access) -> Place:
    return (access.site.path, access.site.line)


@dataclass(slots=True)
class _Strand:
    """What one strand does in one cell."""

    index: int
    accesses: list[Access]
    updating: Callable[[], Container[Site]]
    series: list[Series] = field(default_factory=list)
    begun: set[Site] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.series = series_of(patterns_of(self.accesses))
        self.begun = {one.members[0].begin.site for one in self.of("update")}

    def of(self, *patterns: str) -> Iterator[Series]:
        """The series of some patterns."""
        return (one for one in self.series if one.members[0].pattern in patterns)

    @property
    def writes(self) -> list[Access]:
        """Its changes of the cell."""
        return [access for access in self.accesses if access.kind == "write"]

    def only_reads(self, other: _Strand) -> bool:
        """It changes nothing but what it prepared before the other strand came."""
        return all(happens_before(write, later) for write in self.writes for later in other.writes)

    def begins_update(self, read: Access) -> bool:
        """The read is the first half of an update, or the check that decides whether there is one."""
        return read.site in self.begun or (Purpose.CHECKS in read.purpose and read.site in self.updating())


class CandidateFinder:
    """Applies the rules to every cell of a trace.

    Args:
        trace: What happened.
    """

    def __init__(self, trace: Trace) -> None:
        self._trace = trace
        self._writes: dict[tuple[int, str, str], list[Access]] = {}
        self._lengths = {block.id: block.length for block in trace.blocks}
        self._spoiled: set[tuple[int, Site]] = set()  # strands and places whose part in a race is told already
        for access in trace.accesses:
            if access.kind == "write":
                where = (access.strand, access.site.path, access.site.function)
                self._writes.setdefault(where, []).append(access)

    def candidates(self) -> Iterator[Candidate]:
        """All candidates; what is known by a more telling kind at the same lines is not told again by another."""
        cells = accesses_by_cell(self._trace)
        updating = UpdateBegins(cells)
        for cell, by_strand in cells.items():
            told: set[tuple[Place, Place]] = set()
            own = partial(updating.of, cell[0])
            strands = [_Strand(index, accesses, own) for index, accesses in self._by_age(by_strand)]
            pairs = [pair for pair in permutations(strands, 2) if self._apart(*pair)]
            self._spoiled.clear()
            for rule in (self._lost, self._unprotected, self._other_lock, self._unserialisable, self._too_early):
                fresh: list[Candidate] = []
                for one, other in pairs:
                    fresh += [each for each in rule(cell, one, other) if each.places not in told]
                told |= {candidate.places for candidate in fresh}
                yield from fresh

    def _by_age(self, by_strand: dict[int, list[Access]]) -> list[tuple[int, list[Access]]]:
        """Strands in the order in which their processes were started, so that a report is the same every time."""
        return sorted(by_strand.items(), key=lambda item: (self._trace.process_of(item[0]).created_ns, item[0]))

    def _apart(self, one: _Strand, other: _Strand) -> bool:
        return self._trace.strands[one.index].process != self._trace.strands[other.index].process

    def _pair(
        self, kind: RaceKind, cell: CellKey, whole: Series, other: Series, *, apart: bool = False
    ) -> Iterator[Candidate]:
        """The candidate of two series, observed if there is one that was."""
        breaker = self._trace.strands[other.members[0].write.strand].process
        best: tuple[Update, Update, bool] | None = None
        for member, between in concurrent(whole, other, apart=apart):
            observed = member.write.broken_by == breaker and member.read is not None
            if best is None or observed:
                best = (member, between, observed)
            if observed:
                break
        if best is not None:
            yield Candidate(kind, cell, *best, (whole, other))

    def _lost(self, cell: CellKey, one: _Strand, other: _Strand) -> Iterator[Candidate]:
        """An update, and a change that can fall into it. What only alters a collection loses nobody's change."""
        for whole in one.of("update"):
            for change in other.of("update", "write"):
                first, second = whole.members[0], change.members[0]
                raw = first.write.raw or second.write.raw
                if first.protection & second.write.locks or (raw and second.pattern == "write"):
                    continue
                alone: RaceKind = "unserialisable" if Purpose.ALTERS in first.write.purpose else "lost-update"
                locked = first.protection and second.protection
                yield from self._pair("inconsistent-lock" if locked else alone, cell, whole, change)

    def _unprotected(self, cell: CellKey, one: _Strand, other: _Strand) -> Iterator[Candidate]:
        """A change, and any access by another strand, at least one of the two raw and not both updates."""
        for change in other.of("update", "write"):
            for access in one.of("read", "write", "update"):
                first, second = access.members[0], change.members[0]
                if not (first.write.raw or second.write.raw) or first.protection & second.write.locks:
                    continue
                if first.pattern == second.pattern == "update" or self._idle(one, first):
                    continue
                if first.pattern == "write" and one.index > other.index and second.pattern == "write":
                    continue
                locked = first.protection and second.protection
                yield from self._pair("inconsistent-lock" if locked else "unprotected-access", cell, access, change)

    @staticmethod
    def _idle(strand: _Strand, one: Update) -> bool:
        """A read that stands for nothing by itself: it waits, displays, or begins an update."""
        return one.pattern == "read" and (bool(one.write.purpose & _IDLE) or strand.begins_update(one.write))

    def _other_lock(self, cell: CellKey, one: _Strand, other: _Strand) -> Iterator[Candidate]:
        """A read under a lock, and a change under another one, by somebody whose lock the reader never takes."""
        known = {lock for access in one.accesses for lock in access.locks}
        for read in one.of("read"):
            for change in other.of("update", "write"):
                first, second = read.members[0], change.members[0]
                strange = first.protection and second.protection and not known & second.write.locks
                if strange and not self._idle(one, first):
                    yield from self._pair("inconsistent-lock", cell, read, change)

    def _unserialisable(self, cell: CellKey, one: _Strand, other: _Strand) -> Iterator[Candidate]:
        """Two accesses that belong together, and one that makes them inconsistent."""
        for whole in one.of("reads", "writes", "write-back"):
            for series in other.of("update", "write") if whole.members[0].pattern != "writes" else other.of("read"):
                first, second = whole.members[0], series.members[0]
                if first.protection & second.write.locks or not self._belong(one, other, first, second):
                    continue
                for candidate in self._pair("unserialisable", cell, whole, series, apart=True):
                    self._spoiled.add((other.index, second.write.site))
                    self._spoiled |= {(one.index, first.begin.site), (one.index, first.write.site)}
                    yield candidate

    def _belong(self, one: _Strand, other: _Strand, whole: Update, between: Update) -> bool:
        """Tell whether two accesses of `one` were meant to see one and the same state."""
        first, last = whole.begin, whole.write
        if whole.pattern == "writes":
            passing = bool(first.purpose & last.purpose & Purpose.CONSTANT)
            return not passing and self._matters(other, between.write)
        if last.purpose & _IDLE or first.purpose & _IDLE:
            return False
        if whole.pattern == "write-back":
            return True
        if self._is_settled(one, whole, between):
            return False
        again = Purpose.CHECKS in last.purpose and bool(last.locks & between.write.locks)
        return not again and (_place(first) == _place(last) or Purpose.CHECKS in first.purpose)

    @staticmethod
    def _is_settled(one: _Strand, whole: Update, between: Update) -> bool:
        """A step under a lock and directly afterwards a comparison that one process passes, then another step.

        What the comparison is for is done with when the lock is given back: the next step does not depend on it.
        """
        first, last, locks = whole.begin, whole.write, between.write.locks
        stepped = first.previous is not None and Purpose.STEPS in first.previous.purpose and bool(first.kept & locks)
        return stepped and Purpose.MEETS in first.purpose and one.begins_update(last) and bool(last.locks & locks)

    def _too_early(self, cell: CellKey, one: _Strand, other: _Strand) -> Iterator[Candidate]:
        """A read that matters, and the last change of somebody who may still come."""
        changes = list(other.of("update", "write"))
        if not changes:
            return
        last = max(changes, key=lambda series: series.members[-1].write.position)
        for read in one.of("read"):
            first = read.members[0]
            told = (one.index, first.write.site) in self._spoiled
            if first.protection & last.members[0].write.locks or self._idle(one, first) or told:
                continue
            fed = self._feeds(first.write) and not self._goes_on_with(one, first.write)
            if fed or self._is_result(one, other, read) or self._is_handed_over(one, other, read):
                yield from self._pair("unserialisable", cell, read, last)

    def _matters(self, strand: _Strand, read: Access) -> bool:
        """A read whose value goes on: into another shared cell, into a decision, or out of a loop."""
        if read.purpose & _IDLE or strand.begins_update(read):
            return False
        return self._feeds(read) or Purpose.CHECKS in read.purpose or Purpose.LOOPS not in read.purpose

    def _feeds(self, read: Access) -> bool:
        """The function that read goes on to write another shared cell."""
        where = (read.strand, read.site.path, read.site.function)
        later = takewhile(lambda write: write.position > read.position, reversed(self._writes.get(where, ())))
        return any(write.cell != read.cell and write.site.line >= read.site.line for write in later)

    @staticmethod
    def _goes_on_with(strand: _Strand, read: Access) -> bool:
        """The next access is an update of the cell, or reads it again under a lock: what counts is that one."""
        return any(
            other.kind == "read"
            and other.previous is not None
            and other.previous.site == read.site
            and (other.site in strand.begun or other.locks - read.locks)
            for other in strand.accesses
        )

    def _is_result(self, one: _Strand, other: _Strand, read: Series) -> bool:
        """A read that is made once, by who only reads, and never again when the writer is known to be done.

        A count is of all cells of a block, and a loop may go over them, so they tell something of single cells only.
        """
        member = read.members[0].write
        alone = self._lengths.get(member.cell[0], 1) == 1
        if (
            not one.only_reads(other)
            or len(read.members) > 1
            or (alone and (member.count > 1 or Purpose.LOOPS in member.purpose))
        ):
            return False
        writes = other.writes
        return not any(
            access.kind == "read" and all(happens_before(write, access) for write in writes)
            for access in one.accesses
        )

    @staticmethod
    def _is_handed_over(one: _Strand, other: _Strand, read: Series) -> bool:
        """Reads by who only reads, each after the writer has given another sign: what is read is what it meant.

        Who merely looks now and then gets no sign.
        """
        known = read.knowledge_of(other.index)
        growing = all(earlier < later for earlier, later in pairwise(known))
        return one.only_reads(other) and len(known) > 1 and growing
