"""Hooks in the locks and semaphores of `multiprocessing`.

``acquire`` and ``release`` are C methods bound to each instance, so a patch of the class attribute would never be
called; the hook wraps them where the instance gets them (``_make_methods``). A lock's identity is given at its
creation and travels in its pickled state: under fork the system's own name is gone as soon as the lock exists.

Locks and mutex semaphores (initial value 1) take a ticket per acquisition, which their holder alone increments.
Other semaphores publish at each release; of an acquire it is known how many releases must have come before it, and
no more than that is taken for order: a semaphore of two that happened to be free proves nothing.
"""

from __future__ import annotations

import sys
import zlib
from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from multiprocessing import process as mp_process
from multiprocessing import synchronize, util
from multiprocessing.synchronize import SemLock
from types import FrameType
from typing import Any

from pytest_parlab.instrument import holdings, recorder
from pytest_parlab.instrument.building import part_of
from pytest_parlab.instrument.patches import Patches

OLDER = 1 << 31
"""Set in the ids of objects that are older than the watch."""
PARTS = frozenset({"internal", "hidden"})
_RECURSIVE: int = vars(synchronize)["RECURSIVE_MUTEX"]
_UNKNOWN = -1
_getframe = sys._getframe


class Identity:
    """What the hooks know of one lock; its state travels to spawned children.

    Args:
        number: Id of the lock in the trace.
        role: ``mutex`` (has tickets), ``semaphore`` (publishes releases), ``internal`` (part of a queue or
            a condition, whose own hooks tell what it means) or ``hidden`` (part of a pool or
            an executor, its queues too).
        session: The watch in which the number is valid.
        initial: Value that a semaphore began with; negative if it is not known.
    """

    __slots__ = ("initial", "number", "role", "session")

    def __init__(self, number: int = 0, role: str = "", session: int = 0, initial: int = _UNKNOWN) -> None:
        self.number = number
        self.role = role
        self.session = session
        self.initial = initial

    @property
    def state(self) -> tuple[int, str, int, int]:
        """The arguments that make an equal one."""
        return self.number, self.role, self.session, self.initial

    def adopt(self, record: recorder.Recorder, semlock: Any) -> None:
        """Take a lock into this watch that is older: its number comes from what all its holders share."""
        shared = semlock.name or f"handle {semlock.handle}"
        self.number = OLDER | zlib.crc32(shared.encode())
        self.session = record.session
        self.initial = _UNKNOWN
        self.role = self.role or ("mutex" if semlock.maxvalue == 1 or semlock.kind == _RECURSIVE else "semaphore")


def identity_of(lock: Any, record: recorder.Recorder) -> Identity:
    """The identity of a lock under the present watch."""
    known: Identity | None = vars(lock).get("_parlab")
    if known is None:
        known = lock._parlab = Identity()
    if known.session != record.session:
        known.adopt(record, lock._semlock)
    return known


def is_part(lock: Any, role: str) -> None:
    """Mark a lock that is older than the watch as a part of something with hooks of its own."""
    known: Identity | None = vars(lock).get("_parlab")
    if known is None:
        known = lock._parlab = Identity()
    if known.role not in PARTS:
        known.role = role


def install(patches: Patches) -> None:
    """Hook locks and semaphores, also those that exist already."""
    patches.afterwards(_renew_existing)
    own: dict[str, Any] = dict(vars(SemLock))
    patches.replace(SemLock, "_make_methods", _make_methods(own["_make_methods"]))
    patches.replace(SemLock, "__enter__", _enter(own["__enter__"]))
    patches.replace(SemLock, "__exit__", _exit(own["__exit__"]))
    patches.replace(SemLock, "__getstate__", _getstate(own["__getstate__"]))
    patches.replace(SemLock, "__setstate__", _setstate(own["__setstate__"]))
    for semlock in (synchronize.Lock, synchronize.RLock, synchronize.Semaphore, synchronize.BoundedSemaphore):
        patches.replace(semlock, "__init__", _created(vars(semlock)["__init__"]))
    _renew_existing()


def _renew_existing() -> None:
    """Let the locks that exist have methods of their own made anew: hooked ones, or their originals."""
    for existing in list(util._afterfork_registry.values()):  # type: ignore[attr-defined]
        if isinstance(existing, SemLock):
            for name in ("_parlab_take", "_parlab_give"):
                vars(existing).pop(name, None)
            known = "_parlab" in vars(existing)
            existing._make_methods()  # type: ignore[attr-defined]
            if recorder.active is not None and not mp_process._children:  # type: ignore[attr-defined]
                _look_at_value(existing, recorder.active, fresh=not known)


def _look_at_value(semlock: Any, record: recorder.Recorder, *, fresh: bool) -> None:
    """Take the present value of a semaphore for its initial one: no older child runs that could use it unseen."""
    identity = identity_of(semlock, record)
    if identity.role == "semaphore":
        with suppress(NotImplementedError):  # not every system tells
            identity.initial = semlock._semlock._get_value()
        if fresh and identity.initial == 1:
            identity.role = "mutex"


def _created(original: Callable[..., None]) -> Callable[..., None]:
    @wraps(original)
    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        original(self, *args, **kwargs)
        record = recorder.active
        identity: Identity | None = vars(self).get("_parlab")
        if record is None or identity is None or identity.session == record.session:
            return  # a bounded semaphore's base class was here first
        kind = type(self).__name__
        semaphore = isinstance(self, synchronize.Semaphore)
        value = (args[0] if args else kwargs.get("value", 1)) if semaphore else 1
        part = part_of(semaphore=semaphore)
        identity.number = record.new_id()
        identity.role = part or ("mutex" if value == 1 else "semaphore")
        identity.session = record.session
        identity.initial = value
        if not part:
            record.describe("lock", identity.number, kind=kind, site=record.caller())

    return __init__


def _make_methods(original: Callable[[Any], None]) -> Callable[[Any], None]:
    @wraps(original)
    def _make_methods(self: Any) -> None:
        original(self)
        identity = vars(self).get("_parlab")
        if identity is None:
            identity = self._parlab = Identity()
        take, give = _take(self._semlock, identity), _give(self._semlock, identity)

        def acquire(block: bool = True, timeout: float | None = None) -> bool:
            return take(_getframe(1), block, timeout)

        def release() -> None:
            return give(_getframe(1))

        self.acquire, self.release = acquire, release
        self._parlab_take, self._parlab_give = take, give

    return _make_methods


def _take(semlock: Any, identity: Identity) -> Callable[[FrameType, bool, float | None], bool]:
    """How to acquire a lock on behalf of a frame. It does not refer to the lock itself, which it would keep alive."""
    raw: Callable[..., bool] = semlock.acquire
    count: Callable[[], int] = semlock._count
    recursive = semlock.kind == _RECURSIVE

    def take(frame: FrameType, block: bool, timeout: float | None) -> bool:
        record = recorder.active
        if record is None:
            return raw(block, timeout)
        if identity.session != record.session:
            identity.adopt(record, semlock)
        if identity.role != "mutex":
            return _acquire_semaphore(record, raw, identity, block=block, timeout=timeout)
        site = record.numbers.get(id(frame.f_code) + frame.f_lasti) or record.sites.of(frame)
        strand = record.here()
        if not raw(False):
            if not block:
                return False
            holdings.ask(record, strand, identity.number, site)
            if not raw(block, timeout):
                return False
        if not recursive or count() == 1:
            holdings.take(record, strand, identity.number, site)
        return True

    return take


def _acquire_semaphore(
    record: recorder.Recorder, raw: Callable[..., bool], identity: Identity, *, block: bool, timeout: float | None
) -> bool:
    if identity.role in PARTS:
        return raw(block, timeout)
    tally = f"acquired-{identity.number:x}"
    earlier = record.counters.total(tally)
    if not raw(block, timeout):
        return False
    record.counters.add(tally)
    if identity.initial != _UNKNOWN:
        record.seen(identity.number, earlier + 1 - identity.initial)
    return True


def _give(semlock: Any, identity: Identity) -> Callable[[FrameType], None]:
    """How to release a lock on behalf of a frame."""
    raw: Callable[[], None] = semlock.release
    count: Callable[[], int] = semlock._count
    recursive = semlock.kind == _RECURSIVE
    held: Callable[[], bool] = semlock._is_mine if recursive else semlock._is_zero

    def give(frame: FrameType) -> None:
        record = recorder.active
        if record is None:
            return raw()
        if identity.session != record.session:
            identity.adopt(record, semlock)
        role = identity.role
        if role == "mutex" and held() and not (recursive and count() > 1):  # else it only counts, or refuses
            site = record.numbers.get(id(frame.f_code) + frame.f_lasti) or record.sites.of(frame)
            holdings.give(record, record.here(), identity.number, site)
        elif role == "semaphore":
            record.signal(identity.number)
        return raw()

    return give


def _enter(original: Callable[[Any], bool]) -> Callable[[Any], bool]:
    @wraps(original)
    def __enter__(self: Any) -> bool:
        if recorder.active is None:
            return original(self)
        if "_parlab_take" not in vars(self):  # unpickled before any watch
            self._make_methods()
        return bool(self._parlab_take(_getframe(1), True, None))

    return __enter__


def _exit(original: Callable[..., None]) -> Callable[..., None]:
    @wraps(original)
    def __exit__(self: Any, *args: object) -> None:
        if recorder.active is None or "_parlab_give" not in vars(self):
            original(self, *args)
        else:
            self._parlab_give(_getframe(1))

    return __exit__


def _getstate(original: Callable[[Any], tuple[Any, ...]]) -> Callable[[Any], tuple[Any, ...]]:
    @wraps(original)
    def __getstate__(self: Any) -> tuple[Any, ...]:
        state = original(self)
        record = recorder.active
        return state if record is None else (*state, identity_of(self, record).state)

    return __getstate__


def _setstate(original: Callable[[Any, tuple[Any, ...]], None]) -> Callable[[Any, tuple[Any, ...]], None]:
    @wraps(original)
    def __setstate__(self: Any, state: tuple[Any, ...]) -> None:
        if isinstance(state[-1], tuple):
            self._parlab = Identity(*state[-1])
            state = state[:-1]
        original(self, state)

    return __setstate__
