"""Hooks in the events, conditions and semaphores of `threading`, as far as the user's own code calls them.

The library builds everything of its own from the same classes, and what its helper threads tell each other must order
nothing: a pool would order all its tasks. Barriers are hooked in `barriers`, queues in `thread_queues`.

``threading.Lock`` and ``threading.RLock`` make objects of C types. Their methods cannot be replaced, and a class put
in place of the functions would be seen by ``type`` and ``isinstance`` and would miss names imported before; so locks
of threads are in no lock set, and the same holds for ``queue.SimpleQueue``.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import wraps
from itertools import islice
from typing import Any

from pytest_parlab.instrument import recorder
from pytest_parlab.instrument.moments import Local, acquired, local_of, release, used_by_user
from pytest_parlab.instrument.patches import Patches
from pytest_parlab.instrument.standins import StandIn

_condition: Any = threading.Condition
_semaphore: Any = threading.Semaphore
_PASSING_ON = frozenset(
    vars(owner)[name].__code__
    for owner, name in (
        (_condition, "wait_for"),
        (_condition, "notify_all"),
        (_condition, "notifyAll"),
        (threading.Event, "isSet"),
        (_semaphore, "__exit__"),
    )
    if name in vars(owner)  # the older spellings will go
)
"""Methods that are called by the user and call another one."""


def install(patches: Patches) -> None:
    """Hook the classes."""
    patches.replace(threading.Event, "set", _set(threading.Event.set))
    patches.replace(threading.Event, "is_set", _is_set(threading.Event.is_set))
    patches.replace(threading.Event, "wait", _event_wait(threading.Event.wait))
    patches.replace(threading.Condition, "notify", _notify(threading.Condition.notify))
    patches.replace(threading.Condition, "wait", _wait(threading.Condition.wait))
    acquire = _acquire(_semaphore.acquire)
    patches.replace(_semaphore, "acquire", acquire)
    patches.replace(_semaphore, "__enter__", acquire)
    for semaphore in (threading.Semaphore, threading.BoundedSemaphore):
        patches.replace(semaphore, "release", _release(vars(semaphore)["release"]))


def _users() -> recorder.Recorder | None:
    """The recorder, if the hook that asks was called by the user's code."""
    record = recorder.active
    return record if record is not None and used_by_user(record, _PASSING_ON) else None


class _FlagSet(StandIn):
    """Stands in for an event that is set: runs with its lock held."""

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "_flag" and not self._flag:
            self.local.count += 1
            release(self.record, self.local.thing, self.local.count)
        super().__setattr__(name, value)


def _set(original: Callable[[Any], None]) -> Callable[[Any], None]:
    @wraps(original)
    def set(self: Any) -> None:  # noqa: A001 - the name of the method
        record = _users()
        original(self if record is None else _FlagSet(self, record=record, local=local_of(self, record)))

    return set


def _is_set(original: Callable[[Any], bool]) -> Callable[[Any], bool]:
    @wraps(original)
    def is_set(self: Any) -> bool:
        record = _users()
        if record is None:
            return original(self)
        local = local_of(self, record)
        while True:
            version = local.count
            answer = original(self)
            if not answer or version == local.count:  # nobody set it anew between the two looks
                break
        if answer and version:
            acquired(record, local.thing, version)
        return answer

    return is_set


def _event_wait(original: Callable[..., bool]) -> Callable[..., bool]:
    @wraps(original)
    def wait(self: Any, timeout: float | None = None) -> bool:
        record = _users()
        if record is None:
            return original(self, timeout)
        look = _FlagSeen(self, local=local_of(self, record), version=[0])
        answer = original(look, timeout)
        (version,) = look.version
        if answer and version:
            acquired(record, look.local.thing, version)
        return answer

    return wait


class _FlagSeen(StandIn):
    """Stands in for an event that is waited for: whoever finds its flag down, with the lock, is woken by the next."""

    @property
    def _flag(self) -> bool:
        real = vars(self)["_parlab_real"]
        up = bool(real._flag)
        self.version[0] = self.local.count if up else self.local.count + 1
        return up


class _Woken(Local):
    """Which ``notify`` woke whom: by the lock on which a sleeper sleeps."""

    def __init__(self, record: recorder.Recorder) -> None:
        super().__init__(record)
        self.by: dict[Any, int] = {}


def _notify(original: Callable[..., None]) -> Callable[..., None]:
    @wraps(original)
    def notify(self: Any, n: int = 1) -> None:
        record = _users()
        if record is not None and self._waiters and self._is_owned():
            local = local_of(self, record, _Woken)
            local.count += 1
            release(record, local.thing, local.count)
            local.by.update(dict.fromkeys(islice(self._waiters, max(n, 0)), local.count))
        original(self, n)

    return notify


def _wait(original: Callable[..., bool]) -> Callable[..., bool]:
    @wraps(original)
    def wait(self: Any, timeout: float | None = None) -> bool:
        record = _users()
        if record is None:
            return original(self, timeout)
        mine: list[Any] = []

        def release_save() -> Any:
            mine.append(self._waiters[-1])  # what the library has put there, still with the lock
            return self._release_save()

        local = local_of(self, record, _Woken)
        try:
            woken = original(StandIn(self, _release_save=release_save), timeout)
        finally:
            number = local.by.pop(mine[0], 0) if mine else 0
        if woken and number:
            acquired(record, local.thing, number)
        return woken

    return wait


class _Permits(Local):
    """A semaphore's permits; its moments are the releases."""

    def __init__(self, record: recorder.Recorder) -> None:
        super().__init__(record)
        self.taken = 0
        self.initial: int | None = None


class _Counted(StandIn):
    """Stands in for a semaphore that is acquired or released: runs with its lock held."""

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "_value":
            permits, before = self.permits, self._value
            if permits.initial is None:
                permits.initial = before
            for _ in range(value - before):
                permits.count += 1
                release(self.record, permits.thing, permits.count)
            permits.taken += max(before - value, 0)
            self.admitted_by[:] = [permits.taken - permits.initial]
        super().__setattr__(name, value)


def _acquire(original: Callable[..., bool]) -> Callable[..., bool]:
    @wraps(original)
    def acquire(self: Any, *args: Any, **kwargs: Any) -> bool:
        record = _users()
        if record is None:
            return original(self, *args, **kwargs)
        permits = local_of(self, record, _Permits)
        admitted_by = [0]
        answer = original(_Counted(self, record=record, permits=permits, admitted_by=admitted_by), *args, **kwargs)
        if answer and admitted_by[0] > 0:
            acquired(record, permits.thing, admitted_by[0])
        return answer

    return acquire


def _release(original: Callable[..., None]) -> Callable[..., None]:
    @wraps(original)
    def release(self: Any, *args: Any, **kwargs: Any) -> None:
        record = _users()
        if record is None:
            return original(self, *args, **kwargs)
        permits = local_of(self, record, _Permits)
        return original(_Counted(self, record=record, permits=permits, admitted_by=[0]), *args, **kwargs)

    return release
