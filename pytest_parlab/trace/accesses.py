"""Shared-memory accesses, taken from the ordered events."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from pytest_parlab.trace.model import Access, Site, Strand
from pytest_parlab.trace.order import Step
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
_Place = tuple[int, int, int, int]
"""Strand, subject of the record, kind and site: the accesses of one kind from one place to one cell."""


class AccessCollector:
    """Takes events in order and keeps the accesses, each with the one that came before it in its strand.

    Args:
        recordings: All recordings, by process index.
        strands: All strands of the trace.
    """

    def __init__(self, recordings: list[Recording], strands: list[Strand]) -> None:
        self._recordings = recordings
        self._strands = strands
        self._accesses: list[Access] = []
        self._latest: dict[_Place, Access] = {}
        self._last_of: dict[tuple[object, ...], int] = {}

    def take(self, step: Step) -> None:
        """Take the next event, an access or the count of some."""
        event = step.event
        recording = self._recordings[self._strands[step.strand].process]
        context = recording.context(event.site)
        if event.kind == Kind.REPEATED:
            self._count(step, context)
            return
        kind = event.kind
        reads = kind in READS
        previous = context.previous
        access = Access(
            kind="read" if reads else "write",
            cell=(event.subject & MASK_32, event.subject >> 32),
            strand=step.strand,
            clock=step.clock,
            position=step.position,
            version=event.payload >> VERSION_SHIFT,
            locks=context.locks,
            site=context.site or NOWHERE,
            previous=None if previous is None else self._latest.get((step.strand, event.subject, *previous)),
            kept=context.kept,
            broken_by=(event.payload & WRITER_MASK) - 1 if context.broken and event.payload & WRITER_MASK else None,
            raw=kind in RAW,
            purpose=recording.purpose(context.site_number) | (Purpose.POLLS if context.polls else Purpose.NONE),
        )
        self._latest[step.strand, event.subject, context.kind, context.site_number] = access
        self._last_of[_counted_with(step, context)] = len(self._accesses)
        self._accesses.append(access)

    def _count(self, step: Step, context: Context) -> None:
        """Give the count of an epoch to the last access like those that were counted; it is one of them."""
        place = self._last_of.get(_counted_with(step, context))
        if place is None:
            return
        last = self._accesses[place]
        self._accesses[place] = replace(
            last,
            count=last.count + max(step.event.payload & COUNT_MASK, 1) - 1,
            last_version=step.event.payload >> COUNT_BITS if last.kind == "write" else 0,
        )

    def accesses(self) -> Iterator[Access]:
        """All accesses, in an order that agrees with happens-before."""
        return iter(self._accesses)


def _counted_with(step: Step, context: Context) -> tuple[object, ...]:
    """What accesses of one strand have in common that are counted together."""
    return step.strand, step.event.subject & MASK_32, context.kind, context.site_number, context.locks


def is_access(kind: int) -> bool:
    """Tell whether a kind of event is for the collector of accesses."""
    return kind in ACCESSES or kind == Kind.REPEATED
