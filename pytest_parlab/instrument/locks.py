"""Hooks in the locks and semaphores of `multiprocessing`, and in what is built from them.

``acquire`` and ``release`` are C methods bound to each instance, so a patch of the class attribute would never be
called; the hook wraps them where the instance gets them (``_make_methods``). A lock's identity is given at its
creation and travels in its pickled state: under fork the system's own name is gone as soon as the lock exists.

Locks and mutex semaphores (initial value 1) take a ticket per acquisition, which their holder alone increments.
Other semaphores, events, conditions and barriers publish at their release side and look at what was published at
their acquire side.
"""

from __future__ import annotations

import os
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from multiprocessing import queues as mp_queues
from multiprocessing import synchronize, util
from multiprocessing.synchronize import SemLock
from typing import Any

from pytest_parlab.instrument import recorder
from pytest_parlab.instrument.patches import Patches
from pytest_parlab.trace.records import Kind, now_ns

OLDER = 1 << 31
"""Set in the ids of objects that are older than the watch."""

PARTS = ("internal", "hidden")

_building = threading.local()


class Identity:
    """What the hooks know of one lock; picklable, so that it reaches spawned children.

    Args:
        number: Id of the lock in the trace.
        role: ``mutex`` (has tickets), ``semaphore`` (publishes releases), ``internal`` (part of a queue or
            a condition, whose own hooks tell what it means) or ``hidden`` (part of a pool or
            an executor, its queues too).
    """

    def __init__(self, number: int, role: str) -> None:
        self.number = number
        self.role = role


@contextmanager
def building(role: str) -> Iterator[None]:
    """Locks created in this block are parts of something else: ``internal`` or ``hidden``, the outermost counts."""
    before = _part()
    _building.role = (os.getpid(), before or role)  # a child forked in here builds things of its own
    try:
        yield
    finally:
        _building.role = (os.getpid(), before)


def _part() -> str:
    pid, role = getattr(_building, "role", (0, ""))
    return role if pid == os.getpid() else ""


def identity_of(lock: Any) -> Identity:
    """The identity of a lock, made up from what all its holders share if it is older than the watch."""
    known: Identity | None = vars(lock).get("_parlab")
    if known is None:
        semlock = lock._semlock
        shared = semlock.name or f"handle {semlock.handle}"
        role = "mutex" if semlock.maxvalue == 1 or isinstance(lock, synchronize.RLock) else "semaphore"
        known = lock._parlab = Identity(OLDER | zlib.crc32(shared.encode()), role)
    return known


def install(patches: Patches) -> None:
    """Hook locks, semaphores, conditions, events and barriers, also those that exist already."""
    own: dict[str, Any] = dict(vars(SemLock))
    patches.replace(SemLock, "_make_methods", _make_methods(own["_make_methods"]))
    patches.replace(SemLock, "__enter__", _enter(own["__enter__"]))
    patches.replace(SemLock, "__exit__", _exit(own["__exit__"]))
    patches.replace(SemLock, "__getstate__", _getstate(own["__getstate__"]))
    patches.replace(SemLock, "__setstate__", _setstate(own["__setstate__"]))
    for semlock in (synchronize.Lock, synchronize.RLock, synchronize.Semaphore, synchronize.BoundedSemaphore):
        patches.replace(semlock, "__init__", _created(vars(semlock)["__init__"]))
    hooks: tuple[tuple[type, str, Callable[[Callable[..., Any]], Callable[..., Any]]], ...] = (
        (synchronize.Condition, "__init__", _condition_created),
        (synchronize.Condition, "notify", _publishes),
        (synchronize.Condition, "wait", _looks_if_true),
        (synchronize.Event, "__init__", _parts_are_internal),
        (synchronize.Event, "set", _publishes),
        (synchronize.Event, "wait", _looks_if_true),
        (synchronize.Event, "is_set", _looks_if_true),
        (synchronize.Barrier, "__init__", _parts_are_internal),
        (synchronize.Barrier, "wait", _meets),
        (mp_queues.JoinableQueue, "task_done", _publishes),
        (mp_queues.JoinableQueue, "join", _looks),
    )
    for kind, name, hook in hooks:
        patches.replace(kind, name, hook(getattr(kind, name)))
    for existing in list(util._afterfork_registry.values()):  # type: ignore[attr-defined]
        if isinstance(existing, SemLock):
            existing._make_methods()  # type: ignore[attr-defined]


def _created(original: Callable[..., None]) -> Callable[..., None]:
    @wraps(original)
    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        original(self, *args, **kwargs)
        record = recorder.active
        if record is None or "_parlab" in vars(self):
            return
        kind = type(self).__name__
        semaphore = kind.endswith("Semaphore")
        value = (args[0] if args else kwargs.get("value", 1)) if semaphore else 1
        part = _part() or (semaphore and getattr(_building, "condition", False) and "internal")
        role = part or ("mutex" if value == 1 else "semaphore")
        self._parlab = Identity(record.new_id(), role)
        if not part:
            record.describe("lock", self._parlab.number, kind=kind, created=True, site=record.caller())

    return __init__


def _make_methods(original: Callable[[Any], None]) -> Callable[[Any], None]:
    @wraps(original)
    def _make_methods(self: Any) -> None:
        original(self)
        self.acquire = _acquire(self, self._semlock.acquire)
        self.release = _release(self, self._semlock.release)

    return _make_methods


def _acquire(lock: Any, raw: Callable[..., bool]) -> Callable[..., bool]:
    def acquire(block: bool = True, timeout: float | None = None) -> bool:
        record = recorder.active
        if record is None:
            return raw(block, timeout)
        identity = identity_of(lock)
        if identity.role in PARTS:
            return raw(block, timeout)
        site = record.caller()
        if not raw(False):
            if not block:
                return False
            record.write(Kind.LOCK_ASKED, identity.number, now_ns(), site)
            if not raw(block, timeout):
                return False
        _had(record, lock, identity, site)
        return True

    return acquire


def _had(record: recorder.Recorder, lock: Any, identity: Identity, site: int) -> None:
    if identity.role == "mutex":
        if lock._semlock._count() == 1:
            ticket = record.counters.ticket(identity.number)
            record.write(Kind.LOCK_ACQUIRED, identity.number | ticket << 32, now_ns(), site)
    else:
        record.seen(identity.number)


def _release(lock: Any, raw: Callable[[], None]) -> Callable[[], None]:
    def release() -> None:
        record = recorder.active
        if record is not None:
            identity = identity_of(lock)
            if identity.role == "semaphore":
                record.signal(identity.number)
            elif identity.role == "mutex" and lock._semlock._count() <= 1:
                record.write(Kind.LOCK_RELEASED, identity.number, now_ns(), record.caller())
        raw()

    return release


def _enter(original: Callable[[Any], bool]) -> Callable[[Any], bool]:
    @wraps(original)
    def __enter__(self: Any) -> bool:
        return original(self) if recorder.active is None else bool(self.acquire())

    return __enter__


def _exit(original: Callable[..., None]) -> Callable[..., None]:
    @wraps(original)
    def __exit__(self: Any, *args: object) -> None:
        if recorder.active is None:
            original(self, *args)
        else:
            self.release()

    return __exit__


def _getstate(original: Callable[[Any], tuple[Any, ...]]) -> Callable[[Any], tuple[Any, ...]]:
    @wraps(original)
    def __getstate__(self: Any) -> tuple[Any, ...]:
        state = original(self)
        if recorder.active is None:
            return state
        identity = identity_of(self)
        return (*state, (identity.number, identity.role))

    return __getstate__


def _setstate(original: Callable[[Any, tuple[Any, ...]], None]) -> Callable[[Any, tuple[Any, ...]], None]:
    @wraps(original)
    def __setstate__(self: Any, state: tuple[Any, ...]) -> None:
        if isinstance(state[-1], tuple):
            self._parlab = Identity(*state[-1])
            state = state[:-1]
        original(self, state)

    return __setstate__


def _condition_created(original: Callable[..., None]) -> Callable[..., None]:
    """The counting semaphores inside a condition are its own business; its lock is the user's."""

    @wraps(original)
    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        before = getattr(_building, "condition", False)
        _building.condition = True
        try:
            original(self, *args, **kwargs)
        finally:
            _building.condition = before

    return __init__


def _parts_are_internal(original: Callable[..., None]) -> Callable[..., None]:
    @wraps(original)
    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        with building("internal"):
            original(self, *args, **kwargs)

    return __init__


def _signal_number(thing: Any) -> int:
    """The number under which a condition, an event, a barrier or a joinable queue publishes."""
    condition: Any = thing if isinstance(thing, synchronize.Condition) else thing._cond
    return identity_of(condition._sleeping_count).number


def _publishes(original: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(original)
    def publish(self: Any, *args: Any, **kwargs: Any) -> Any:
        record = recorder.active
        if record is not None:
            record.signal(_signal_number(self))
        return original(self, *args, **kwargs)

    return publish


def _looks_if_true(original: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(original)
    def look(self: Any, *args: Any, **kwargs: Any) -> Any:
        result = original(self, *args, **kwargs)
        record = recorder.active
        if record is not None and result:
            record.seen(_signal_number(self))
        return result

    return look


def _looks(original: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(original)
    def look(self: Any, *args: Any, **kwargs: Any) -> Any:
        result = original(self, *args, **kwargs)
        record = recorder.active
        if record is not None:
            record.seen(_signal_number(self))
        return result

    return look


def _meets(original: Callable[..., Any]) -> Callable[..., Any]:
    return _looks(_publishes(original))
