"""Happens-before order of recorded events: which release each acquire waits for, and the clocks that follow.

Locks give no edges here as long as their holders give them back. That one process happened to have a lock first says
nothing about the next run, so the lock sets carry that knowledge instead (hybrid: O'Callahan and Choi 2003).
A lock that another gives back is a signal, and orders as one (`signals`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from pytest_parlab.trace.clocks import StrandClock, join
from pytest_parlab.trace.edges import (
    ACQUIRES,
    RELEASES,
    Key,
    Links,
    acquired_keys,
    earlier_release,
    known_here,
    released_key,
)
from pytest_parlab.trace.model import Clock, Strand
from pytest_parlab.trace.records import Event, Kind

_CUTS = ACQUIRES | RELEASES | {Kind.REACHED}
STRETCH_LIMIT = 1 << 16
"""Most events that are handed out together."""


class Stretch(NamedTuple):
    """Events of one strand between which it synchronised nothing, at their place in a legal order of all events.

    Attributes:
        strand: Whose they are.
        position: Place of the first one in its strand.
        events: In program order.
        clock: The strand's clock throughout.
    """

    strand: int
    position: int
    events: list[Event]
    clock: Clock


class Order:
    """Walks all strands together so that every acquire comes after the releases that it saw.

    Args:
        strands: All strands of the trace.
        events: The events of each strand, in program order.
        links: What matches events of different processes.

    Attributes:
        problems: A broken order, said in one sentence; empty if the recorded edges agree with each other.
    """

    def __init__(self, strands: list[Strand], events: list[list[Event]], links: Links) -> None:
        self._strands = strands
        self._parts = [_parts(own) for own in events]
        self._links = links
        self._published: dict[Key, Clock] = {}
        self._waiting: dict[Key, list[int]] = defaultdict(list)
        self._open_strands: dict[int, int] = defaultdict(int)
        self.problems: list[str] = []
        for strand in strands:
            self._open_strands[strand.process] += 1
        self._coming = {
            key
            for strand in strands
            for _, part in self._parts[strand.index]
            for event in part[:2]
            if event.kind in RELEASES and (key := released_key(strand.process, event)) is not None
        } | {("end", strand.process) for strand in strands}

    def stretches(self) -> Iterator[Stretch]:
        """All events, each strand in its own order, releases before the acquires that saw them; only once."""
        clocks = [StrandClock(strand.index, len(self._strands)) for strand in self._strands]
        ready = [strand.index for strand in reversed(self._strands)]
        while True:
            while ready:
                strand = ready.pop()
                yield from self._run(strand, clocks[strand], ready)
            blocked = [s for waiters in self._waiting.values() for s in waiters]
            if not blocked:
                return
            self._give_up(blocked, ready)

    def _run(self, strand: int, clock: StrandClock, ready: list[int]) -> Iterator[Stretch]:
        process = self._strands[strand].process
        parts = self._parts[strand]
        while parts:
            place, events = parts[-1]
            first, known = events[0], known_here(events[0], self._links)
            if known:
                first = events[1]
            if not self._all_published(known, strand):
                return
            if first.kind in ACQUIRES and not self._received(process, first, strand, clock):
                return
            if first.kind not in RELEASES:
                parts.pop()  # whoever takes it may let go of it
                yield Stretch(strand, place, events, self._joined(clock.now, known))
                continue
            earlier = earlier_release(first)
            if earlier is not None and earlier in self._coming and earlier not in self._published:
                self._waiting[earlier].append(strand)
                return
            parts.pop()
            yield Stretch(strand, place, events, clock.now)
            released = released_key(process, first)
            if released is not None:
                self._publish(released, self._joined(clock.publish(), known), ready)
        self._end_strand(process, clock.publish(), ready)

    def _all_published(self, keys: tuple[Key, ...], strand: int) -> bool:
        """Tell whether all releases have been walked over; if not, the strand waits for one of them."""
        for key in keys:
            if key in self._coming and key not in self._published:
                self._waiting[key].append(strand)
                return False
        return True

    def _joined(self, clock: Clock, keys: tuple[Key, ...]) -> Clock:
        """A clock with what was published under some names."""
        for key in keys:
            clock = join(self._published.get(key), clock)
        return clock

    def _received(self, process: int, event: Event, strand: int, clock: StrandClock) -> bool:
        """Join with what an acquire saw; False if some of it has not been walked over yet."""
        for key in acquired_keys(process, event, self._links):
            published = self._published.get(key)
            if published is not None:
                clock.receive(published)
            elif key in self._coming:
                self._waiting[key].append(strand)
                return False
        return True

    def _end_strand(self, process: int, clock: Clock, ready: list[int]) -> None:
        """A process has ended when all its strands have."""
        self._open_strands[process] -= 1
        key = ("end", process)
        self._published[("ending", process)] = clock = join(self._published.get(("ending", process)), clock)
        if self._open_strands[process] == 0:
            self._publish(key, clock, ready)

    def _publish(self, key: Key, clock: Clock, ready: list[int]) -> None:
        if key[0] == "signal":  # the count-th release of a process stands for all that it made before
            clock = join(self._published.get((*key[:3], "so far")), clock)
            self._published[(*key[:3], "so far")] = clock
        self._published[key] = clock
        ready.extend(self._waiting.pop(key, ()))

    def _give_up(self, blocked: list[int], ready: list[int]) -> None:
        """The recorded edges contradict each other: a defect of the recording, said and not guessed away."""
        missing = sorted(str(key) for key in self._waiting)
        self.problems.append(f"the recorded order contradicts itself at {', '.join(missing[:3])}")
        self._coming -= set(self._waiting)
        self._waiting.clear()
        ready.extend(blocked)


def _parts(events: list[Event]) -> list[tuple[int, list[Event]]]:
    """Cut the events of a strand before each acquire, and around each release; the last part comes first.

    One event to which more is known than to others is cut out with what says so.
    """
    cuts = [0]
    for place, event in enumerate(events):
        if event.kind in _CUTS:
            if place > cuts[-1]:
                cuts.append(place)
            if event.kind in RELEASES and place >= cuts[-1]:
                cuts.append(place + 1)
            elif event.kind == Kind.REACHED:
                cuts.append(place + 2)
        elif place - cuts[-1] == STRETCH_LIMIT:
            cuts.append(place)
    if len(events) > cuts[-1]:
        cuts.append(len(events))
    return [(begin, events[begin:end]) for begin, end in pairwise(cuts)][::-1]
