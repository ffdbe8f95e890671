"""How long locks were held by whom, and which locks there are, put together from the events of all processes.

Here a lock's ticket is the order: whoever had it first has the smaller one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from struct import Struct

from pytest_parlab.trace.model import Holding, Lock, Strand
from pytest_parlab.trace.recording import Recording
from pytest_parlab.trace.records import COUNT_BITS, COUNT_MASK, MASK_32, Event, Kind

_WORDS = Struct("QQQQ")
_ABOUT_LOCKS = frozenset({Kind.LOCK_ASKED, Kind.LOCK_HELD, Kind.LOCK_LEFT, Kind.LOCK_KEPT, Kind.LOCK_FREED})
_Ended = tuple[int, int]


@dataclass(slots=True)
class _Found:
    holdings: list[Holding] = field(default_factory=list)
    kept: dict[_Ended, Holding] = field(default_factory=dict)
    freed: dict[_Ended, Event] = field(default_factory=dict)


def holdings_of(recordings: list[Recording], strands: list[Strand], directory: Path) -> list[Holding]:
    """All series of holdings, those that never ended last, each lock's in the order of its tickets.

    Args:
        recordings: All recordings, by process index.
        strands: All strands of the trace.
        directory: The watch directory, where the present holders of locks have signed.
    """
    index = {(strand.process, strand.thread): strand.index for strand in strands}
    found = _Found()
    for recording in recordings:
        _collect(recording, index, found)
    for holding in _signed(directory, recordings, index):
        found.kept.setdefault((holding.lock, holding.ticket), holding)
    kept = [
        _ended(holding, found.freed.get(key))
        for key, holding in found.kept.items()
        if not any(done.lock == key[0] and 0 <= key[1] - done.ticket < done.count for done in found.holdings)
    ]
    return sorted(
        found.holdings + kept, key=lambda holding: (holding.released_ns is None, holding.lock, holding.ticket)
    )


def _collect(recording: Recording, index: dict[tuple[int, int], int], found: _Found) -> None:
    asked: dict[tuple[int, int], int] = {}
    begun: dict[int, Event] = {}
    for event in recording.events:
        if event.kind not in _ABOUT_LOCKS:
            continue
        match event.kind:
            case Kind.LOCK_ASKED:
                asked[event.thread, event.subject] = event.payload
            case Kind.LOCK_HELD:
                begun[event.thread] = event
            case Kind.LOCK_LEFT if event.thread in begun:
                first = begun.pop(event.thread)
                lock = first.subject & MASK_32
                found.holdings.append(
                    Holding(
                        lock=lock,
                        strand=index[recording.index, event.thread],
                        asked_ns=asked.pop((event.thread, lock), first.payload),
                        acquired_ns=first.payload,
                        released_ns=event.payload,
                        ticket=first.subject >> 32,
                        site=recording.site(first.site),
                        release_site=recording.site(event.site),
                        count=event.subject & COUNT_MASK,
                        held_ns=event.subject >> COUNT_BITS,
                    )
                )
            case Kind.LOCK_KEPT:
                lock, ticket = event.subject & MASK_32, event.subject >> 32
                strand = index[recording.index, event.thread]
                since = asked.pop((event.thread, lock), event.payload)
                site = recording.site(event.site)
                found.kept[lock, ticket] = Holding(lock, strand, since, event.payload, None, ticket, site)
            case Kind.LOCK_FREED:
                found.freed[event.subject & MASK_32, event.subject >> 32] = event


def _signed(directory: Path, recordings: list[Recording], index: dict[tuple[int, int], int]) -> Iterator[Holding]:
    """The locks whose holders were killed, or are still at it: their signatures stand beside the tickets."""
    for path in directory.glob("*.ticket"):
        try:
            ticket, mark, site, acquired_ns = _WORDS.unpack(path.read_bytes()[: _WORDS.size])
        except (OSError, ValueError):
            continue
        holder = index.get(((mark >> 16) - 1, mark & 0xFFFF))
        if mark and holder is not None and acquired_ns:  # a barrier keeps something else there
            place = recordings[(mark >> 16) - 1].site(site)
            yield Holding(int(path.stem, 16), holder, acquired_ns, acquired_ns, None, ticket & MASK_32, place)


def _ended(holding: Holding, freed: Event | None) -> Holding:
    """A holding that somebody else ended for its holder."""
    if freed is None:
        return holding
    length = max(freed.payload - holding.acquired_ns, 0)
    return Holding(
        holding.lock,
        holding.strand,
        holding.asked_ns,
        holding.acquired_ns,
        freed.payload,
        holding.ticket,
        holding.site,
        held_ns=length,
    )


def locks_of(recordings: list[Recording], holdings: list[Holding]) -> Iterator[Lock]:
    """All locks that were created under the watch or used in it."""
    described: set[int] = set()
    used = {holding.lock for holding in holdings}
    for recording in recordings:
        for identity, facts in recording.described("lock").items():
            if facts.get("older") and identity not in used:
                continue
            described.add(identity)
            yield Lock(
                id=identity,
                kind=facts["kind"],
                process=recording.index,
                site=recording.site(facts["site"]),
                owner=facts.get("owner", 0),
            )
    for identity in sorted(used - described):
        yield Lock(id=identity, kind="Lock")
