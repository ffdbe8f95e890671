"""Shared-memory accesses and the locks held at each, taken from the ordered events."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace

from pytest_parlab.trace.blind_spots import HandedOut, of_memory
from pytest_parlab.trace.model import Access, Block, Holding, Lock, Site, Strand
from pytest_parlab.trace.order import Step
from pytest_parlab.trace.recording import Recording
from pytest_parlab.trace.records import MASK_32, Kind

NO_LOCKS: frozenset[tuple[int, int]] = frozenset()
NOWHERE = Site(path="<unknown>", line=0, function="")

_ABOUT_MEMORY = frozenset(
    {
        Kind.READ,
        Kind.WRITE,
        Kind.RAW_READ,
        Kind.RAW_WRITE,
        Kind.LOCK_ASKED,
        Kind.LOCK_ACQUIRED,
        Kind.LOCK_RELEASED,
        Kind.BLOCK_CREATED,
        Kind.UNTRACKED,
    }
)


@dataclass(slots=True)
class _Open:
    asked_ns: int
    acquired_ns: int
    ticket: int
    site: Site | None


class AccessCollector:
    """Takes events in order and keeps accesses, lock holdings and what was created.

    Args:
        recordings: All recordings, by process index.
        strands: All strands of the trace.
    """

    def __init__(self, recordings: list[Recording], strands: list[Strand]) -> None:
        self._recordings = recordings
        self._strands = strands
        self._accesses: list[Access] = []
        self._holdings: list[Holding] = []
        self._held: dict[int, dict[int, _Open]] = defaultdict(dict)
        self._lock_sets: dict[int, frozenset[tuple[int, int]]] = {}
        self._asked: dict[tuple[int, int], int] = {}
        self._handed_out: dict[int, list[HandedOut]] = defaultdict(list)
        self._created: dict[int, list[tuple[int, int]]] = defaultdict(list)
        self._births: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
        self._lived_under: dict[int, int] = {}

    def take(self, step: Step) -> None:
        """Take the next event."""
        event = step.event
        if event.kind not in _ABOUT_MEMORY:
            return
        match event.kind:
            case Kind.READ | Kind.WRITE | Kind.RAW_READ | Kind.RAW_WRITE:
                raw = event.kind in (Kind.RAW_READ, Kind.RAW_WRITE)
                if raw and len(self._births[event.subject & MASK_32]) > 1:
                    self._lived_under[len(self._accesses)] = self._birth_before(step)
                self._accesses.append(
                    Access(
                        kind="read" if event.kind in (Kind.READ, Kind.RAW_READ) else "write",
                        cell=(event.subject & MASK_32, event.subject >> 32),
                        strand=step.strand,
                        clock=step.clock,
                        position=step.position,
                        ticket=event.payload,
                        locks=self._lock_sets.get(step.strand, NO_LOCKS),
                        site=self._site(step) or NOWHERE,
                        raw=raw,
                    )
                )
            case Kind.LOCK_ASKED:
                self._asked[step.strand, event.subject] = event.payload
            case Kind.LOCK_ACQUIRED:
                lock = event.subject & MASK_32
                asked = self._asked.pop((step.strand, lock), event.payload)
                self._held[step.strand][lock] = _Open(asked, event.payload, event.subject >> 32, self._site(step))
                self._renew(step.strand)
            case Kind.LOCK_RELEASED:
                self._release(step)
            case Kind.BLOCK_CREATED:
                process = self._strands[step.strand].process
                self._created[event.subject].append((event.payload, process))
                self._births[event.subject].append((step.strand, step.clock[step.strand], event.payload))
            case Kind.UNTRACKED:
                handed_out = HandedOut(event.subject >> 32, event.payload, self._site(step))
                self._handed_out[event.subject & MASK_32].append(handed_out)

    def _birth_before(self, step: Step) -> int:
        """The ticket of the last creation of a block's memory that comes before a raw access, which has no ticket."""
        return next(
            (
                ticket
                for strand, epoch, ticket in reversed(self._births[step.event.subject & MASK_32])
                if strand == step.strand or step.clock[strand] >= epoch
            ),
            0,
        )

    def _site(self, step: Step) -> Site | None:
        return self._recordings[self._strands[step.strand].process].site(step.event.site)

    def _renew(self, strand: int) -> None:
        self._lock_sets[strand] = frozenset((lock, held.ticket) for lock, held in self._held[strand].items())

    def _release(self, step: Step) -> None:
        """A lock may be released by another strand than the one that has it."""
        lock = step.event.subject
        holder = step.strand if lock in self._held[step.strand] else self._holder(lock)
        if holder is None:
            return
        held = self._held[holder].pop(lock)
        self._renew(holder)
        self._holdings.append(
            Holding(
                lock=lock,
                strand=holder,
                asked_ns=held.asked_ns,
                acquired_ns=held.acquired_ns,
                released_ns=step.event.payload,
                ticket=held.ticket,
                site=held.site,
                release_site=self._site(step),
            )
        )

    def _holder(self, lock: int) -> int | None:
        return next((strand for strand, held in self._held.items() if lock in held), None)

    def holdings(self) -> Iterator[Holding]:
        """All stretches for which locks were held, those still held at the end last."""
        yield from self._holdings
        for strand, held in self._held.items():
            for lock, open_ in held.items():
                yield Holding(lock, strand, open_.asked_ns, open_.acquired_ns, None, open_.ticket, open_.site)

    def locks(self) -> Iterator[Lock]:
        """All locks that were created under the watch or used in it."""
        described: set[int] = set()
        used = {holding.lock for holding in self.holdings()}
        for recording in self._recordings:
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

    def blocks(self) -> tuple[list[Block], list[Access], list[str]]:
        """All shared values and arrays, their accesses, and one sentence for each that was not fully seen.

        Memory is used again after it is freed. A block that was created twice at one place gets one identity per
        life: tickets tell which life an access belongs to.
        """
        blocks: list[Block] = []
        blind_spots: list[str] = []
        starts: dict[int, list[int]] = {}
        lives: dict[tuple[int, int], int] = {}
        for place, created in self._created.items():
            created.sort()
            starts[place] = [ticket for ticket, _ in created]
            for life, (ticket, process) in enumerate(created):
                identity = place if life == 0 else place | life << 32
                lives[place, life] = identity
                after = starts[place][life + 1] if life + 1 < len(created) else None
                handed_out = [
                    one
                    for one in self._handed_out.get(place, ())
                    if ticket <= one.ticket and (after is None or one.ticket < after)
                ]
                blocks.append(self._block(place, identity, process, ticket, untracked=bool(handed_out)))
                blind_spots += of_memory(blocks[-1], handed_out)
        accesses = []
        unknown: dict[int, int] = {}
        for number, access in enumerate(self._accesses):
            place, index = access.cell
            if place not in starts:
                unknown[place] = max(unknown.get(place, 0), index + 1)
                accesses.append(access)
                continue
            ticket = self._lived_under.get(number, access.ticket)
            life = max(bisect_right(starts[place], ticket) - 1, 0)
            cell = (lives[place, life], index)
            accesses.append(access if cell == access.cell else replace(access, cell=cell))
        for place in {**unknown, **self._handed_out}:
            if place not in starts:
                blocks.append(self._older_block(place, unknown.get(place, 1)))
                blind_spots += of_memory(blocks[-1], self._handed_out[place])
        return blocks, accesses, list(dict.fromkeys(blind_spots))

    def _block(self, place: int, identity: int, process: int, ticket: int, *, untracked: bool) -> Block:
        recording = self._recordings[process]
        described = recording.described("block").get(place | ticket << 32, {})
        return Block(
            id=identity,
            kind=str(described.get("kind", "Value")),
            length=int(described.get("length", 1)),
            site=recording.site(int(described.get("site", 0))),
            untracked=untracked,
            fields=tuple((int(offset), str(name)) for offset, name in described.get("fields", ())),
            stride=int(described.get("stride", 0)),
        )

    def _older_block(self, place: int, length: int) -> Block:
        """Memory that was made before this watch, or before any."""
        for recording in self._recordings:
            for identity in reversed(recording.described("block")):
                if identity & MASK_32 == place:
                    untracked = place in self._handed_out
                    return self._block(place, place, recording.index, identity >> 32, untracked=untracked)
        return Block(place, "shared memory older than the watch", length, untracked=place in self._handed_out)
