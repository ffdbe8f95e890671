"""The ways of items through queues, taken from the ordered events."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pytest_parlab.trace.model import Item, Queue, Site, Strand
from pytest_parlab.trace.order import Stretch
from pytest_parlab.trace.recording import Recording
from pytest_parlab.trace.records import Kind

_ABOUT_ITEMS = frozenset({Kind.PUT, Kind.GET, Kind.DEPTH, Kind.SENT})


@dataclass(slots=True)
class _Way:
    queue: int
    put_strand: int
    put_site: Site | None
    put_ns: int = 0
    put_depth: int = 1
    get_strand: int | None = None
    get_ns: int | None = None
    get_site: Site | None = None
    get_depth: int | None = None


class ItemCollector:
    """Takes events in order and follows each item from its put to its get.

    Args:
        recordings: All recordings, by process index.
        strands: All strands of the trace.
    """

    def __init__(self, recordings: list[Recording], strands: list[Strand]) -> None:
        self._recordings = recordings
        self._strands = strands
        self._ways: dict[int, _Way] = {}
        self._last: dict[int, tuple[int, bool]] = {}
        self._sent: dict[int, int] = {}

    def take(self, stretch: Stretch) -> None:
        """Take what concerns items among the next events."""
        strand = stretch.strand
        process = self._strands[strand].process
        for event in stretch.events:
            if event.kind not in _ABOUT_ITEMS:
                continue
            match event.kind:
                case Kind.PUT:
                    site = self._recordings[process].site(event.site)
                    self._ways[event.payload] = _Way(event.subject, strand, site)
                    self._last[strand] = (event.payload, True)
                case Kind.GET if event.payload in self._ways:
                    way = self._ways[event.payload]
                    way.get_strand = strand
                    way.get_site = self._recordings[process].site(event.site)
                    self._last[strand] = (event.payload, False)
                case Kind.DEPTH if strand in self._last:
                    stamp, was_put = self._last.pop(strand)
                    way = self._ways[stamp]
                    if was_put:
                        way.put_depth, way.put_ns = event.subject, event.payload
                    else:
                        way.get_depth, way.get_ns = event.subject, event.payload
                case Kind.SENT:
                    self._sent[event.subject] = event.payload

    def items(self) -> Iterator[Item]:
        """Every item that was put, in an order that agrees with happens-before."""
        for stamp, way in self._ways.items():
            yield Item(
                queue=way.queue,
                put_strand=way.put_strand,
                put_ns=way.put_ns,
                put_site=way.put_site,
                put_depth=way.put_depth,
                get_strand=way.get_strand,
                get_ns=way.get_ns,
                get_site=way.get_site,
                get_depth=way.get_depth,
                size=self._sent.get(stamp),
            )

    def queues(self) -> Iterator[Queue]:
        """Every queue that was created under the watch or used in it."""
        described: set[int] = set()
        used = {way.queue for way in self._ways.values()}
        for recording in self._recordings:
            for identity, facts in recording.described("queue").items():
                if facts.get("older") and identity not in used:
                    continue
                described.add(identity)
                yield Queue(
                    id=identity,
                    kind=facts["kind"],
                    site=recording.site(facts["site"]),
                    maxsize=facts["maxsize"],
                )
        for identity in sorted(used - described):
            yield Queue(id=identity, kind="Queue")
