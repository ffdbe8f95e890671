"""The locks and semaphores of `multiprocessing`: which is which, in all processes.

A lock's identity is given at its creation and travels in its pickled state: under fork the system's own name is gone
as soon as the lock exists. How locks are taken and given back is seen by `critical_sections`.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from multiprocessing import process as mp_process
from multiprocessing import synchronize, util
from multiprocessing.synchronize import SemLock
from typing import Any

from pytest_parlab.instrument import recorder
from pytest_parlab.instrument.building import part_of
from pytest_parlab.instrument.holdings import Series
from pytest_parlab.instrument.patches import Patches
from pytest_parlab.instrument.strands import LiveStrand

OLDER = 1 << 31
"""Set in the ids of objects that are older than the watch."""
PARTS = frozenset({"internal", "hidden"})
RECURSIVE: int = vars(synchronize)["RECURSIVE_MUTEX"]
UNKNOWN = -1
_NO_SERIES = Series(LiveStrand(0, 0), 0)


def _nothing() -> None:
    """Stands for the release of a lock that is not there yet."""


class Identity:
    """What the hooks know of one lock; its state travels to spawned children.

    Args:
        number: Id of the lock in the trace.
        role: ``mutex`` (has tickets), ``semaphore`` (publishes releases), ``internal`` (part of a queue or
            a condition, whose own hooks tell what it means) or ``hidden`` (part of a pool or
            an executor, its queues too).
        session: The watch in which the number is valid.
        initial: Value that a semaphore began with; negative if it is not known.

    Attributes:
        semlock: The lock itself, past the hooks; None until they are there.
        series: Its holdings by the only thread of this process; those of nobody until that thread has held it.
        acquire: Takes it.
        release: Gives it back.
        depth: How often it is held; of one that is not recursive, whether anybody holds it.
    """

    __slots__ = ("acquire", "depth", "initial", "number", "release", "role", "semlock", "series", "session")

    def __init__(self, number: int = 0, role: str = "", session: int = 0, initial: int = UNKNOWN) -> None:
        self.number = number
        self.role = role
        self.session = session
        self.initial = initial
        self.semlock: Any = None
        self.series = _NO_SERIES
        self.acquire: Callable[..., bool] = bool
        self.release: Callable[[], None] = _nothing
        self.depth: Callable[[], int] = int

    def lead_to(self, semlock: Any) -> None:
        """Remember the lock itself."""
        self.semlock = semlock
        self.acquire, self.release = semlock.acquire, semlock.release
        self.depth = semlock._count if semlock.kind == RECURSIVE else semlock._is_zero

    @property
    def state(self) -> tuple[int, str, int, int]:
        """The arguments that make an equal one."""
        return self.number, self.role, self.session, self.initial

    def adopt(self, record: recorder.Recorder, semlock: Any) -> None:
        """Take a lock into this watch that is older: its number comes from what all its holders share."""
        shared = semlock.name or f"handle {semlock.handle}"
        self.number = OLDER | zlib.crc32(shared.encode())
        self.session = record.session
        self.initial = UNKNOWN
        self.role = self.role or ("mutex" if semlock.maxvalue == 1 or semlock.kind == RECURSIVE else "semaphore")


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
    """Hook how locks and semaphores are made and sent."""
    own: dict[str, Any] = dict(vars(SemLock))
    patches.replace(SemLock, "__getstate__", _getstate(own["__getstate__"]))
    patches.replace(SemLock, "__setstate__", _setstate(own["__setstate__"]))
    for semlock in (synchronize.Lock, synchronize.RLock, synchronize.Semaphore, synchronize.BoundedSemaphore):
        patches.replace(semlock, "__init__", _created(vars(semlock)["__init__"]))


def renew_existing() -> None:
    """Let the locks that exist have methods of their own made anew: hooked ones, or their originals."""
    for existing in list(util._afterfork_registry.values()):  # type: ignore[attr-defined]
        if isinstance(existing, SemLock):
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
