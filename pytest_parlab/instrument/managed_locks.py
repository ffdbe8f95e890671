"""Managed locks, semaphores, conditions, events and barriers: the same meaning as those of `multiprocessing`.

The object itself lives in the manager's server, where every thread of every client has a thread of its own. What
happens is recorded by the client that calls: a release before its call, an acquire after it. So a ticket is taken by
whoever holds the lock, and a release is published before anybody can have seen it.
"""

from __future__ import annotations

import os
import sys
import threading
from typing import Any

from pytest_parlab.instrument import recorder
from pytest_parlab.instrument.holdings import ask
from pytest_parlab.instrument.locks import OLDER
from pytest_parlab.instrument.managed_types import Call, number_in
from pytest_parlab.instrument.managed_wire import UNKNOWN, Identity, last_meeting
from pytest_parlab.instrument.unseen import name_unseen
from pytest_parlab.trace.records import Kind


class _Mine(threading.local):
    """How often the calling thread has taken each recursive lock under the present watch: by session and number."""

    def __init__(self) -> None:
        self._pid = 0
        self._depth: dict[tuple[int, int], int] = {}

    @property
    def depth(self) -> dict[tuple[int, int], int]:
        """By session and number; empty in a forked child, for the server knows its threads as others."""
        if self._pid != os.getpid():
            self._pid, self._depth = os.getpid(), {}
        return self._depth


_mine = _Mine()


def lock_number(record: recorder.Recorder, identity: Identity) -> int:
    """The number of the lock that an object is or has."""
    if identity.lock:
        return lock_number(record, Identity(*identity.lock))
    number = number_in(record, identity)
    return number if identity.session == record.session else number | OLDER


class Mutex:
    """A lock that one thread holds at a time.

    Args:
        number: Its id in the present watch.
        recursive: Its holder may take it again; only the outermost level counts.
    """

    __slots__ = ("_number", "_recursive")

    def __init__(self, number: int, *, recursive: bool) -> None:
        self._number = number
        self._recursive = recursive

    def __call__(self, call: Call) -> Any:
        """Make a call, and note what it did to the lock."""
        match call.method:
            case "acquire":
                taken = self._acquire(call)
                if taken:
                    self._took(call)
                return taken
            case "release":
                self._gives(call)
        return call.go()

    def _acquire(self, call: Call) -> Any:
        """Try first whether it is free: only then is it known who waits for whom."""
        blocking = call.args[0] if call.args else call.kwds.get("blocking", True)
        if not blocking or len(call.args) > 1 or "timeout" in call.kwds:
            return call.go()
        free = call.send("acquire", (False,), {})
        if free:
            return free
        ask(call.record, call.record.here(), self._number, call.site)
        return call.go()

    def _took(self, call: Call) -> None:
        """The calling thread has the lock now."""
        key = (call.record.session, self._number)
        depth = _mine.depth.get(key, 0) + 1
        if self._recursive:
            _mine.depth[key] = depth
        if depth == 1:
            call.record.lock_acquired(self._number, call.frame or sys._getframe())

    def _gives(self, call: Call) -> None:
        """The calling thread is about to give the lock back, one level of it."""
        key = (call.record.session, self._number)
        depth = _mine.depth.pop(key, 0) if self._recursive else 1
        if depth > 1:
            _mine.depth[key] = depth - 1
        elif depth:
            call.record.lock_released(self._number, call.frame or sys._getframe())

    def gives_all(self, call: Call) -> int:
        """The calling thread is about to wait: it gives back all levels, and is told how many there were."""
        key = (call.record.session, self._number)
        depth = _mine.depth.get(key, 0)
        if depth:
            _mine.depth[key] = 1
        self._gives(call)
        return depth

    def took_all(self, call: Call, depth: int) -> None:
        """The calling thread has waited, and has the lock as before."""
        if depth or not self._recursive:
            self._took(call)
        if depth:
            _mine.depth[call.record.session, self._number] = depth


class Semaphore:
    """A semaphore that admits several at a time.

    Args:
        number: Its id in the present watch.
        initial: The value that it began with; negative if it is not known.
    """

    __slots__ = ("_initial", "_number")

    def __init__(self, number: int, initial: int) -> None:
        self._number = number
        self._initial = initial

    def __call__(self, call: Call) -> Any:
        """Make a call, and note which releases it must have come after."""
        record = call.record
        if call.method == "release":
            for _ in range(int(call.args[0]) if call.args else int(call.kwds.get("n", 1))):
                record.signal(self._number)
            return call.go()
        if call.method not in {"acquire", "__enter__"}:
            return call.go()
        tally = f"acquired-{self._number:x}"
        earlier = record.counters.total(tally)
        taken = call.go()
        if taken:
            record.counters.add(tally)
            if self._initial >= 0:
                record.seen(self._number, earlier + 1 - self._initial)
        return taken


class Condition:
    """A condition, and the lock that it has.

    Args:
        number: Under which it publishes.
        lock: Its lock.
    """

    __slots__ = ("_lock", "_number")

    def __init__(self, number: int, lock: Mutex) -> None:
        self._number = number
        self._lock = lock

    def __call__(self, call: Call) -> Any:
        """Make a call, and note what it published or saw."""
        if call.method in {"notify", "notify_all", "notifyAll"}:
            call.record.signal(self._number)
            return call.go()
        if call.method != "wait":
            return self._lock(call)
        depth = self._lock.gives_all(call)
        try:
            woken = call.go()
        except BaseException:
            if depth:  # else it was refused, for this thread does not have the lock
                self._lock.took_all(call, depth)
            raise
        self._lock.took_all(call, depth)
        if woken:
            call.record.seen(self._number)
        return woken


class Event:
    """An event: what came before `set` comes before what whoever saw it does next.

    Args:
        number: Under which it publishes.
    """

    __slots__ = ("_number",)

    def __init__(self, number: int) -> None:
        self._number = number

    def __call__(self, call: Call) -> Any:
        """Make a call, and note what it published or saw."""
        if call.method == "set":
            call.record.signal(self._number)
        result = call.go()
        if result and call.method in {"wait", "is_set", "isSet"}:
            call.record.seen(self._number)
        return result


class Barrier:
    """A barrier: everything before an arrival comes before every departure from the same meeting.

    The server tells which meeting it was; nothing happens in a thread between its arrival and its departure, so both
    are written when it has returned.

    Args:
        number: Its id in the present watch.
    """

    __slots__ = ("_number",)

    def __init__(self, number: int) -> None:
        self._number = number

    def __call__(self, call: Call) -> Any:
        """Make a call, and note whom it met."""
        last_meeting()
        result = call.go()
        met = last_meeting()
        if call.method != "wait":
            return result
        if met is None:
            name_unseen(call.record, "manager.Barrier", call.site, "meetings at it (its server does not tell them)")
        else:
            meeting, parties = met
            first = (meeting - 1) * parties + 1
            call.record.write(Kind.ARRIVE, self._number | (first + int(result)) << 32, first)
            call.record.write(Kind.DEPART, self._number | parties << 32, first)
        return result


LOCKING = frozenset({"Lock", "RLock", "Semaphore", "BoundedSemaphore", "Condition", "Event", "Barrier"})
"""The kinds of managed objects that processes synchronise by."""


def meaning_of(record: recorder.Recorder, identity: Identity) -> Mutex | Semaphore | Condition | Event | Barrier:
    """What the calls of a lock-like object mean in the present watch."""
    number = lock_number(record, identity)
    match identity.kind:
        case "Event":
            return Event(number)
        case "Barrier":
            return Barrier(number)
        case "Condition":
            recursive = not identity.lock or Identity(*identity.lock).kind == "RLock"
            return Condition(number_in(record, identity), Mutex(number, recursive=recursive))
        case "Semaphore" | "BoundedSemaphore" if identity.detail != 1:
            begun_here = identity.session == record.session  # else nobody knows how many have it
            return Semaphore(number, identity.detail if begun_here else UNKNOWN)
    return Mutex(number, recursive=identity.kind == "RLock")
