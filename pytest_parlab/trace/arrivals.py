"""Counters of who has come: the last one to be counted knows that all the others were.

    with left.get_lock():
        left.value -= 1
        last = left.value == 0
    if last:
        result.value = sum(parts)

Whoever goes on here was counted under the lock after all the others, so what they did before they were counted comes
first. A lock alone orders nothing; what does is the comparison, which in another order somebody else would have
passed. It orders only what stands behind it (`decisions`), and only where this run shows that

* the counter is changed under one lock, by constants, by whoever is counted, and else before anybody was started;
* the comparison was made under the lock, directly after its thread was counted, and was passed: something behind it
  was accessed next, or a sign was given to others;
* nobody was counted later, unless whoever passed has put the counter back before it gave the lock back.

The order of the counts comes from the tickets of the lock.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count, pairwise

from pytest_parlab.trace.decisions import Stretch, is_used_once, stretches_behind
from pytest_parlab.trace.edges import Links
from pytest_parlab.trace.model import Site
from pytest_parlab.trace.purposes import Purpose
from pytest_parlab.trace.recording import Context, Recording
from pytest_parlab.trace.records import ACCESSES, MASK_32, READS, WRITES, Event, Kind

_MARKED = frozenset({Kind.READ, Kind.WRITE, Kind.RAW_READ, Kind.RAW_WRITE})
"""Accesses that can be ordered by themselves: those to polled flags have an order of their own."""
_SIGNS = frozenset({Kind.SIGNAL, Kind.RELEASE, Kind.PUT, Kind.SEND, Kind.LOCK_FREED})
"""Signs that can be given to others by what stands behind a comparison."""


@dataclass(frozen=True, slots=True)
class _Place:
    """An access in a recording.

    Attributes:
        tickets: Of each lock that was held, the ticket of the first of the holdings in a row in which it was made.
    """

    recording: Recording
    number: int
    event: Event
    context: Context
    tickets: dict[int, int]

    @property
    def strand(self) -> tuple[int, int]:
        """Who made it."""
        return self.recording.index, self.event.thread

    @property
    def steps(self) -> bool:
        """It counts somebody: its thread read the cell before, under the same lock."""
        return Purpose.STEPS in self.recording.purpose(self.context.site_number) and bool(self.context.kept)


def order_by_arrivals(recordings: list[Recording], links: Links) -> None:
    """Mark the counts that come before what the last one does.

    Args:
        recordings: All recordings; events of the kinds ``STEPPED`` and ``REACHED`` are put between theirs.
        links: Gets which of them belong together.
    """
    deciding = [_deciding(recording) for recording in recordings]
    if not any(deciding):
        return
    cells = {
        event.subject
        for recording, contexts in zip(recordings, deciding, strict=True)
        for event in recording.events
        if event.kind in READS and event.site in contexts
    }
    found: dict[int, list[_Place]] = defaultdict(list)
    for recording in recordings:
        start = _first_start(recording)
        for place in _accesses(recording, cells):
            if place.number > start:
                found[place.event.subject].append(place)
    marks = _Marks(links)
    for places in found.values():
        checks = [
            (place, passed)
            for place in places
            if place.event.kind in READS
            and (behind := deciding[place.recording.index].get(place.event.site)) is not None
            and (passed := list(_passed(place, *behind)))
        ]
        if checks:
            _order(checks, [place for place in places if place.event.kind in WRITES], marks)
    marks.write(recordings)


def _deciding(recording: Recording) -> dict[int, tuple[str, tuple[Stretch, ...]]]:
    """The contexts of reads that directly follow a write under the same lock, with what stands behind each."""
    found: dict[int, tuple[str, tuple[Stretch, ...]]] = {}
    for number, facts in recording.described("context").items():
        if facts["kind"] in READS and facts["kept"] and facts["previous"] and facts["previous"][0] in WRITES:
            extent = recording.extent(facts["site"])
            stretches = () if extent is None else stretches_behind(*extent)
            if extent is not None and stretches:
                found[number] = extent[0], stretches
    return found


def _accesses(recording: Recording, cells: set[int]) -> Iterator[_Place]:
    """The accesses to some cells, the last first: a series of holdings is written down when it is over."""
    tickets: dict[tuple[int, int], int] = {}
    for number in range(len(recording.events) - 1, -1, -1):
        event = recording.events[number]
        if event.kind in {Kind.LOCK_HELD, Kind.LOCK_KEPT}:
            tickets[event.thread, event.subject & MASK_32] = event.subject >> 32
        elif event.kind in ACCESSES and event.subject in cells:
            context = recording.context(event.site)
            held = {lock: tickets.get((event.thread, lock), 0) for lock in context.locks}
            yield _Place(recording, number, event, context, held)


def _order(checks: list[tuple[_Place, list[int]]], writes: list[_Place], marks: _Marks) -> None:
    """Order what stands behind the comparisons with one counter that were passed, if it counts who has come.

    Args:
        checks: The comparisons, and what stands behind each.
        writes: All changes of the counter.
        marks: Gets what belongs together.
    """
    behind = {(check.recording.index, number) for check, passed in checks for number in passed}
    counted: dict[tuple[int, int], list[_Place]] = defaultdict(list)
    locks = frozenset.intersection(*(check.context.kept for check, _ in checks))
    resets: set[tuple[int, int]] = set()
    for write in writes:
        locks &= write.context.kept  # that a change depends on what was found under the lock
        if write.steps:
            counted[write.strand].append(write)
        elif (write.recording.index, write.number) in behind:
            resets.add((write.recording.index, write.number))
        else:
            return
    lock = min(locks, default=None)
    if lock is None or not all(write.tickets[lock] for write in writes):
        return
    tickets = {}
    for strand, steps in counted.items():
        steps.sort(key=lambda write: write.number)
        tickets[strand] = [write.tickets[lock] for write in steps]
    for check, passed in checks:
        mine = check.tickets[lock]
        others = [strand for strand in counted if strand != check.strand]
        is_last = all(tickets[strand][-1] < mine for strand in others)
        if is_last or any((check.recording.index, number) in resets for number in passed):
            places = ((strand, bisect_left(tickets[strand], mine)) for strand in others)
            marks.add(
                check.recording.index, passed, [counted[strand][place - 1] for strand, place in places if place]
            )


def _first_start(recording: Recording) -> int:
    """Where the first process starts another: what it does before does not matter, for there is nobody else."""
    if recording.index:
        return -1
    events = recording.events
    return next((number for number, event in enumerate(events) if event.kind == Kind.PROCESS_START), -1)


def _passed(check: _Place, path: str, stretches: tuple[Stretch, ...]) -> Iterator[int]:
    """The accesses and signs that stand behind a comparison, after it and before it was made again."""
    recording = check.recording
    for number in range(check.number + 1, len(recording.events)):
        event = recording.events[number]
        if event.thread != check.event.thread or event.kind not in _MARKED | _SIGNS:
            continue
        if event.kind in _SIGNS:
            if _stands_in(recording, event.site, check.context.site, path, stretches):
                yield number
            continue
        context = recording.context(event.site)
        if event.subject == check.event.subject and context.site_number == check.context.site_number:
            return
        if _stands_in(recording, context.site_number, check.context.site, path, stretches):
            yield number


def _stands_in(
    recording: Recording, number: int, check: Site | None, path: str, stretches: tuple[Stretch, ...]
) -> bool:
    """Tell whether a place is in some stretches of a file, or in a function that is called only there."""
    extent, site = recording.extent(number), recording.site(number)
    if extent is not None and extent[0] == path and any(one.holds(extent[1]) for one in stretches):
        return True
    if site is None or check is None:
        return False
    for (_, _, called), caller in pairwise(site.stack):
        name = called.rpartition(".")[2]
        if caller in check.stack or not (name.startswith("<") or is_used_once(caller[0], name)):
            return False
        if caller[0] == path and any(one.begin[0] <= caller[1] <= one.end[0] for one in stretches):
            return True
    return False


class _Marks:
    """What is to be put between the events of the recordings.

    Args:
        links: Gets which marks belong together.
    """

    def __init__(self, links: Links) -> None:
        self._links = links
        self._next = count(1).__next__
        self._steps: dict[tuple[int, int], int] = {}
        self._reached: dict[tuple[int, int], int] = {}

    def add(self, process: int, passed: list[int], earlier: list[_Place]) -> None:
        """Some accesses of a process come after some counts of others."""
        steps = []
        if not earlier:
            return
        for write in earlier:
            self._links.stepping.add(write.strand)
            key = write.recording.index, write.number
            steps.append(self._steps.setdefault(key, len(self._steps) + 1))
        for number in passed:
            reached = self._reached.setdefault((process, number), len(self._reached) + 1)
            self._links.reached[reached] = (*self._links.reached.get(reached, ()), *steps)

    def write(self, recordings: list[Recording]) -> None:
        """Put the marks there."""
        for recording in recordings:
            events: list[Event] = []
            for number, event in enumerate(recording.events):
                key = recording.index, number
                if key in self._reached:
                    events.append(Event(Kind.REACHED, event.thread, 0, 0, self._reached[key]))
                events.append(event)
                if key in self._steps:
                    events.append(Event(Kind.STEPPED, event.thread, 0, 0, self._steps[key]))
            recording.events[:] = events
