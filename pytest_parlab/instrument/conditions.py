"""Hooks in what is built from locks: conditions, events, barriers and the task count of a joinable queue.

Conditions and events publish at their release side and look at what was published at their acquire side. Barriers
number the arrivals under their own lock, so that a departure is ordered after the arrivals of its own meeting and not
after those of a later one that a quick process has reached meanwhile.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import wraps
from multiprocessing import queues as mp_queues
from multiprocessing import synchronize
from typing import Any

from pytest_parlab.instrument import recorder
from pytest_parlab.instrument.building import building, building_condition
from pytest_parlab.instrument.locks import identity_of
from pytest_parlab.instrument.patches import Patches
from pytest_parlab.trace.records import Kind

_Hook = Callable[[Callable[..., Any]], Callable[..., Any]]

_meetings = threading.local()


def install(patches: Patches) -> None:
    """Hook conditions, events, barriers and joinable queues."""
    hooks: tuple[tuple[type, str, _Hook], ...] = (
        (synchronize.Condition, "__init__", _sleepers_are_internal),
        (synchronize.Condition, "notify", _publishes),
        (synchronize.Condition, "wait", _looks_if_true),
        (synchronize.Event, "__init__", _parts_are_internal),
        (synchronize.Event, "set", _publishes),
        (synchronize.Event, "wait", _looks_if_true),
        (synchronize.Event, "is_set", _looks_if_true),
        (synchronize.Barrier, "__init__", _parts_are_internal),
        (synchronize.Barrier, "_enter", _arrives),
        (synchronize.Barrier, "_release", _acts),
        (synchronize.Barrier, "wait", _departs),
        (mp_queues.JoinableQueue, "task_done", _publishes),
        (mp_queues.JoinableQueue, "join", _looks),
    )
    for kind, name, hook in hooks:
        patches.replace(kind, name, hook(getattr(kind, name)))


def _sleepers_are_internal(original: Callable[..., None]) -> Callable[..., None]:
    @wraps(original)
    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        with building_condition():
            original(self, *args, **kwargs)

    return __init__


def _parts_are_internal(original: Callable[..., None]) -> Callable[..., None]:
    @wraps(original)
    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        with building("internal"):
            original(self, *args, **kwargs)

    return __init__


def _number(record: recorder.Recorder, thing: Any) -> int:
    """The number under which a condition, an event, a barrier or a joinable queue publishes."""
    condition: Any = thing if isinstance(thing, synchronize.Condition) else thing._cond
    return identity_of(condition._sleeping_count, record).number


def _publishes(original: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(original)
    def publish(self: Any, *args: Any, **kwargs: Any) -> Any:
        record = recorder.active
        if record is not None:
            record.signal(_number(record, self))
        return original(self, *args, **kwargs)

    return publish


def _looks_if_true(original: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(original)
    def look(self: Any, *args: Any, **kwargs: Any) -> Any:
        result = original(self, *args, **kwargs)
        record = recorder.active
        if record is not None and result:
            record.seen(_number(record, self))
        return result

    return look


def _looks(original: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(original)
    def look(self: Any, *args: Any, **kwargs: Any) -> Any:
        result = original(self, *args, **kwargs)
        record = recorder.active
        if record is not None:
            record.seen(_number(record, self))
        return result

    return look


def _arrives(original: Callable[[Any], None]) -> Callable[[Any], None]:
    """Runs with the barrier's lock held, before the barrier counts the arrival."""

    @wraps(original)
    def _enter(self: Any) -> None:
        original(self)
        record = recorder.active
        if record is None:
            return
        number = _number(record, self)
        arrival, first = record.counters.arrival(number, first=self._count == 0)
        _meetings.first = first
        _meetings.acting = 0
        if not first:
            return
        if self._action is not None and self._count + 1 == self._parties:
            _meetings.acting = arrival  # its action runs after all other arrivals and before all departures
            record.write(Kind.DEPART, number | (self._parties - 1) << 32, first)
        else:
            record.write(Kind.ARRIVE, number | arrival << 32, first)

    return _enter


def _acts(original: Callable[[Any], None]) -> Callable[[Any], None]:
    """Runs with the barrier's lock held, in the process that arrived last."""

    @wraps(original)
    def _release(self: Any) -> None:
        first, acting = getattr(_meetings, "first", 0), getattr(_meetings, "acting", 0)
        original(self)
        _meetings.first = first  # the action may have met somebody elsewhere
        record = recorder.active
        if record is not None and acting:
            record.write(Kind.ARRIVE, _number(record, self) | acting << 32, first)

    return _release


def _departs(original: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(original)
    def wait(self: Any, *args: Any, **kwargs: Any) -> Any:
        _meetings.first = 0
        result = original(self, *args, **kwargs)
        record = recorder.active
        first = getattr(_meetings, "first", 0)
        if record is not None and first:
            record.write(Kind.DEPART, _number(record, self) | self._parties << 32, first)
        return result

    return wait
