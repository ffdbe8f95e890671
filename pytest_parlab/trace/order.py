"""Happens-before order of recorded events: which release each acquire waits for, and the clocks that follow.

Locks give no edges here. That one process happened to have a lock first says nothing about the next run, so the lock
sets carry that knowledge instead (hybrid detection: O'Callahan and Choi 2003).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from pytest_parlab.trace.clocks import StrandClock, join
from pytest_parlab.trace.model import Clock, Strand
from pytest_parlab.trace.records import ALL_PARTS, MASK_32, Event, Kind

Key = tuple[Hashable, ...]


class Step(NamedTuple):
    """One event at its place in a legal order of all events, with the clock of its strand at that moment."""

    strand: int
    position: int
    event: Event
    clock: Clock


@dataclass(slots=True)
class Links:
    """What matches events of different processes, collected before the order is made.

    Attributes:
        birth: Process index to (index, token) of the ``start`` that made it.
        index_of: Pid to process index.
        tasks_of: Call to the tasks that came from it.
    """

    birth: dict[int, tuple[int, int]] = field(default_factory=dict)
    index_of: dict[int, int] = field(default_factory=dict)
    tasks_of: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))


def released_key(process: int, event: Event) -> Key | None:
    """The name under which an event publishes its strand's clock, if it is a release."""
    match event.kind:
        case Kind.PROCESS_START:
            return ("start", process, event.subject)
        case Kind.THREAD_START:
            return ("thread-start", process, event.subject)
        case Kind.THREAD_END:
            return ("thread-end", process, event.subject)
        case Kind.SIGNAL:
            return ("signal", event.subject & MASK_32, event.payload, event.subject >> 32)
        case Kind.PUT | Kind.SEND:
            return ("stamp", event.payload)
        case Kind.CALL_SUBMITTED:
            return ("call", event.subject)
        case Kind.TASK_END:
            return ("task", event.subject)
        case Kind.ARRIVE:
            return ("arrival", event.subject & MASK_32, event.subject >> 32)
    return None


def acquired_keys(process: int, event: Event, links: Links) -> Iterator[Key]:
    """The names of the releases that came before an event, if it is an acquire."""
    match event.kind:
        case Kind.PROCESS_BEGIN if process in links.birth:
            yield ("start", *links.birth[process])
        case Kind.END_SEEN:
            child = links.index_of.get(event.subject & MASK_32)
            if child is not None:
                yield ("end", child)
        case Kind.THREAD_BEGIN:
            yield ("thread-start", process, event.subject)
        case Kind.THREAD_JOINED:
            yield ("thread-end", process, event.subject)
        case Kind.SEEN:
            yield ("signal", event.subject & MASK_32, event.payload, event.subject >> 32)
        case Kind.GET | Kind.RECEIVE:
            yield ("stamp", event.payload)
        case Kind.TASK_START:
            yield ("call", event.subject & MASK_32)
        case Kind.RESULT_GOT if event.subject >> 32 == ALL_PARTS:
            for task in links.tasks_of.get(event.subject & MASK_32, ()):
                yield ("task", task)
        case Kind.RESULT_GOT:
            yield ("task", event.subject)
        case Kind.DEPART:
            for arrival in range(event.payload, event.payload + (event.subject >> 32)):
                yield ("arrival", event.subject & MASK_32, arrival)


def earlier_release(event: Event) -> Key | None:
    """The release that has to be published before this one, though it gives no order: another thread's count."""
    if event.kind == Kind.SIGNAL and event.subject >> 32 > 1:
        return ("signal", event.subject & MASK_32, event.payload, (event.subject >> 32) - 1)
    return None


RELEASES = frozenset(
    {
        Kind.PROCESS_START,
        Kind.THREAD_START,
        Kind.THREAD_END,
        Kind.SIGNAL,
        Kind.PUT,
        Kind.SEND,
        Kind.CALL_SUBMITTED,
        Kind.TASK_END,
        Kind.ARRIVE,
    }
)
ACQUIRES = frozenset(
    {
        Kind.PROCESS_BEGIN,
        Kind.END_SEEN,
        Kind.THREAD_BEGIN,
        Kind.THREAD_JOINED,
        Kind.SEEN,
        Kind.GET,
        Kind.RECEIVE,
        Kind.TASK_START,
        Kind.RESULT_GOT,
        Kind.DEPART,
    }
)


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
        self._events = events
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
            for event in events[strand.index]
            if event.kind in RELEASES and (key := released_key(strand.process, event)) is not None
        } | {("end", strand.process) for strand in strands}

    def steps(self) -> Iterator[Step]:
        """All events, each strand in its own order, releases before the acquires that saw them."""
        clocks = [StrandClock(strand.index, len(self._strands)) for strand in self._strands]
        position = [0] * len(self._strands)
        ready = [strand.index for strand in reversed(self._strands)]
        while True:
            while ready:
                strand = ready.pop()
                yield from self._run(strand, clocks[strand], position, ready)
            blocked = [s for waiters in self._waiting.values() for s in waiters]
            if not blocked:
                return
            self._give_up(blocked, ready)

    def _run(self, strand: int, clock: StrandClock, position: list[int], ready: list[int]) -> Iterator[Step]:
        process = self._strands[strand].process
        events = self._events[strand]
        for place in range(position[strand], len(events)):
            event = events[place]
            if event.kind in ACQUIRES and not self._received(process, event, strand, clock):
                return
            if event.kind not in RELEASES:
                yield Step(strand, place, event, clock.now)
                position[strand] = place + 1
                continue
            earlier = earlier_release(event)
            if earlier is not None and earlier in self._coming and earlier not in self._published:
                self._waiting[earlier].append(strand)
                return
            yield Step(strand, place, event, clock.now)
            position[strand] = place + 1
            released = released_key(process, event)
            if released is not None:
                self._publish(released, clock.publish(), ready)
        self._end_strand(process, clock.publish(), ready)

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
