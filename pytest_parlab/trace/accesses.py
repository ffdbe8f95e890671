"""Shared-memory accesses, taken from the ordered events."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields, make_dataclass
from typing import Any, Literal

from pytest_parlab.trace.edges import ACQUIRES, RELEASES
from pytest_parlab.trace.model import Access, CellKey, Site, Strand
from pytest_parlab.trace.order import Stretch
from pytest_parlab.trace.purposes import Purpose
from pytest_parlab.trace.recording import Context, Recording
from pytest_parlab.trace.records import (
    ACCESSES,
    COUNT_BITS,
    COUNT_MASK,
    MASK_32,
    RAW,
    READS,
    VERSION_SHIFT,
    WRITER_MASK,
    Kind,
)

NOWHERE = Site(path="<unknown>", line=0, function="")
_ABOUT_ACCESSES = ACCESSES | {Kind.REPEATED}
_BEGINNING = (RELEASES | ACQUIRES) - {Kind.STEPPED}
_CUTS = RELEASES | ACQUIRES
_CERTAINLY = _BEGINNING - {Kind.SIGNAL, Kind.FLAG_READ, Kind.FLAG_WRITE}
"""Kinds of events with which an epoch may have begun in the process that recorded them, and with which it did."""
_NO_LOCKS: frozenset[int] = frozenset()
_NONE: Mapping[int, Any] = {}
_Draft: Any = make_dataclass("_Draft", [one.name for one in fields(Access)], slots=True)
"""An `Access` that may still be counted. Its layout is the same, so it becomes one by being given that class: to make
a frozen one takes four times as long, and there may be millions."""


@dataclass(frozen=True, slots=True)
class _Manner:
    """What the accesses of one strand in one context have in common.

    Attributes:
        kind: ``read`` or ``write``.
        context: The context.
        raw: They go past the memory's own lock.
        purpose: What they are for.
        before: For each cell, the latest access of the strand that was made as the one before it was.
        latest: The same for accesses like these.
        counted: For each block, the latest access of those that are counted together with these.
        alike: For each block, all of them, where that matters.
        locks: Locks that were held, and protect.
        kept: Those held since the access before.
    """

    kind: Literal["read", "write"]
    context: Context
    raw: bool
    purpose: Purpose
    before: Mapping[int, Any]
    latest: dict[int, Any]
    counted: dict[int, Any]
    alike: dict[int, list[Any]]
    locks: frozenset[int]
    kept: frozenset[int]


class AccessCollector:
    """Takes events in order and keeps the accesses, each with the one that came before it in its strand.

    Args:
        recordings: All recordings, by process index.
        strands: All strands of the trace.
        not_protecting: For each strand the locks that are no protection to it; see `signals`.
        stepping: Process and thread of the strands that were counted; see `arrivals`.
    """

    def __init__(
        self,
        recordings: list[Recording],
        strands: list[Strand],
        not_protecting: Mapping[int, frozenset[int]],
        stepping: Collection[tuple[int, int]],
    ) -> None:
        self._recordings = recordings
        self._strands = strands
        self._not_protecting = not_protecting
        self._cuts: dict[int, list[tuple[int, int]]] = {
            strand.index: [] for strand in strands if (strand.process, strand.thread) in stepping
        }
        self._alike: dict[tuple[object, ...], dict[int, list[Any]]] = defaultdict(lambda: defaultdict(list))
        self._accesses: list[Any] = []
        self._cells: dict[int, CellKey] = {}
        self._manners: list[dict[int, dict[int, _Manner]]] = [{kind: {} for kind in _ABOUT_ACCESSES} for _ in strands]
        self._latest: dict[tuple[int, tuple[int, int]], dict[int, Any]] = defaultdict(dict)
        self._counted: dict[tuple[object, ...], dict[int, Any]] = defaultdict(dict)

    def take(self, stretch: Stretch) -> None:
        """Take the accesses, and the counts of some, among the next events."""
        strand, place, events, clock = stretch
        cuts = self._cuts.get(strand)
        if cuts is not None:
            cuts += [(place + i, event.kind) for i, event in enumerate(events[:2]) if event.kind in _CUTS]
        manners, cells, keep = self._manners[strand], self._cells, self._accesses.append
        for position, (event_kind, _, number, subject, payload) in enumerate(events, place):
            known = manners.get(event_kind)
            if known is None:
                continue
            manner = known.get(number)
            if manner is None:
                manner = known[number] = self._manner(strand, event_kind, number)
            if event_kind == Kind.REPEATED:
                _count(manner.counted.get(subject & MASK_32), payload)
                if cuts is not None and payload & COUNT_MASK > 1:
                    self._repeat_later(manner.alike[subject & MASK_32], payload & COUNT_MASK, position, cuts)
                continue
            cell = cells.get(subject)
            if cell is None:
                cell = cells[subject] = (subject & MASK_32, subject >> 32)
            context = manner.context
            access = _Draft(
                manner.kind,
                cell,
                strand,
                clock,
                position,
                payload >> VERSION_SHIFT,
                manner.locks,
                context.site or NOWHERE,
                manner.before.get(subject),
                manner.kept,
                (payload & WRITER_MASK) - 1 if context.broken and payload & WRITER_MASK else None,
                1,
                0,
                manner.raw,
                manner.purpose,
            )
            manner.latest[subject] = manner.counted[cell[0]] = access
            keep(access)
            if cuts is not None:
                manner.alike[cell[0]].append(access)

    def _manner(self, strand: int, kind: int, number: int) -> _Manner:
        recording = self._recordings[self._strands[strand].process]
        context = recording.context(number)
        alike = strand, context.kind, context.site_number, context.locks
        unheld = self._not_protecting.get(strand, _NO_LOCKS)
        return _Manner(
            kind="read" if kind in READS else "write",
            context=context,
            raw=kind in RAW,
            purpose=recording.purpose(context.site_number) | (Purpose.POLLS if context.polls else Purpose.NONE),
            before=_NONE if context.previous is None else self._latest[strand, context.previous],
            latest=self._latest[strand, (context.kind, context.site_number)],
            counted=self._counted[alike],
            alike=self._alike[alike],
            locks=context.locks - unheld,
            kept=context.kept - unheld,
        )

    def _repeat_later(self, alike: list[Any], count: int, position: int, cuts: list[tuple[int, int]]) -> None:
        """Add what may have come again after its thread was counted: see `arrivals`.

        A process does not begin an epoch there when it records, so what it counts in one may belong to later ones.

        Args:
            alike: All accesses like those that were counted.
            count: How many there were in their epoch.
            position: Where that was written down.
            cuts: Positions and kinds of what was synchronised so far.
        """
        if not alike:
            return
        latest = alike[-1].position
        begun = max((place for place, kind in cuts if place <= latest and kind in _BEGINNING), default=-1)
        surely = max((place for place, kind in cuts if place <= latest and kind in _CERTAINLY), default=-1)
        end = min((place for place, kind in cuts if place > latest and kind in _CERTAINLY), default=position)
        recorded = [access for access in alike if access.position > surely]
        if count <= sum(access.position > begun for access in recorded):
            return
        for access in recorded:
            counted = max((p for p, kind in cuts if access.position < p < end and kind == Kind.STEPPED), default=None)
            if counted is not None:
                later = sum(access.position <= place <= counted and kind in RELEASES for place, kind in cuts)
                self._accesses.append(_again(access, later, position))

    def cells(self) -> list[CellKey]:
        """All cells that were accessed."""
        return list(self._cells.values())

    def accesses(self) -> tuple[Access, ...]:
        """All accesses, in an order that agrees with happens-before; nothing can be taken afterwards."""
        for access in self._accesses:
            access.__class__ = Access
        return tuple(self._accesses)


def _again(access: Any, later: int, position: int) -> Any:
    """The same access, some epochs of its strand later."""
    values = {one.name: getattr(access, one.name) for one in fields(Access)}
    clock = list(access.clock)
    clock[access.strand] += later
    return _Draft(**{**values, "clock": tuple(clock), "position": position, "count": 1})


def _count(last: Any, counts: int) -> None:
    """Give the count of an epoch to the last access like those that were counted; it is one of them."""
    if last is not None:
        last.count += max(counts & COUNT_MASK, 1) - 1
        last.last_version = counts >> COUNT_BITS if last.kind == "write" else 0
