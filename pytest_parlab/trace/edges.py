"""Which recorded events order each other: the releases, the acquires, and the names under which they meet."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field

from pytest_parlab.trace.records import ALL_PARTS, HANDED_OUT, MASK_32, VERSION_SHIFT, Event, Kind

Key = tuple[Hashable, ...]


@dataclass(slots=True)
class Links:
    """What matches events of different processes, collected before the order is made.

    Attributes:
        birth: Process index to (index, token) of the ``start`` that made it.
        index_of: Pid to process index.
        tasks_of: Call to the tasks that came from it.
        stepping: Process and thread of the strands in which there is a `Kind.STEPPED`.
        reached: The number of each `Kind.REACHED` to those of the `Kind.STEPPED` that came before.
        reads_from: A polled cell and the word that was found there, to the version whose write came before.
    """

    birth: dict[int, tuple[int, int]] = field(default_factory=dict)
    index_of: dict[int, int] = field(default_factory=dict)
    tasks_of: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    reads_from: dict[tuple[int, int], int] = field(default_factory=dict)
    stepping: set[tuple[int, int]] = field(default_factory=set)
    reached: dict[int, tuple[int, ...]] = field(default_factory=dict)


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
        case Kind.FLAG_WRITE:
            return ("version", event.subject, (event.payload >> VERSION_SHIFT) + 1)
        case Kind.ARRIVE:
            return ("arrival", event.subject & MASK_32, event.subject >> 32)
        case Kind.RELEASE:
            return ("moment", event.subject, event.payload)
        case Kind.STEPPED:
            return ("stepped", event.payload)
        case Kind.LOCK_FREED if event.subject >> 32:
            return ("freed", event.subject)
    return None


def acquired_keys(process: int, event: Event, links: Links) -> Iterator[Key]:
    """The names of the releases that came before an event, if it is an acquire."""
    match event.kind:
        case Kind.PROCESS_BEGIN if process in links.birth:
            yield ("start", *links.birth[process])
        case Kind.END_SEEN | Kind.SENTINEL_READY:
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
            yield ("moment", event.subject, HANDED_OUT)
        case Kind.CALL_BEGUN:
            yield ("call", event.subject)
        case Kind.ACQUIRE:
            yield ("moment", event.subject, event.payload)
        case Kind.LOCK_PASSED:
            yield ("freed", event.subject)
        case Kind.RESULT_GOT if event.subject >> 32 == ALL_PARTS:
            for task in links.tasks_of.get(event.subject & MASK_32, ()):
                yield ("task", task)
        case Kind.RESULT_GOT:
            yield ("task", event.subject)
        case Kind.FLAG_READ if (event.subject, event.payload) in links.reads_from:
            yield ("version", event.subject, links.reads_from[event.subject, event.payload])
        case Kind.DEPART:
            for arrival in range(event.payload, event.payload + (event.subject >> 32)):
                yield ("arrival", event.subject & MASK_32, arrival)


def known_here(reached: Event, links: Links) -> tuple[Key, ...]:
    """The names of the releases that came before the one event after this one, a `Kind.REACHED`; see `arrivals`."""
    if reached.kind != Kind.REACHED:
        return ()
    return tuple(("stepped", number) for number in links.reached.get(reached.payload, ()))


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
        Kind.FLAG_WRITE,
        Kind.RELEASE,
        Kind.LOCK_FREED,
        Kind.STEPPED,
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
        Kind.FLAG_READ,
        Kind.ACQUIRE,
        Kind.CALL_BEGUN,
        Kind.SENTINEL_READY,
        Kind.LOCK_PASSED,
    }
)
