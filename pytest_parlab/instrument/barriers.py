"""Hooks in barriers, of processes and of threads: all arrivals at a meeting come before all departures from it.

Arrivals are numbered under the barrier's own lock, so that a departure is ordered after the arrivals at its own
meeting and not after those at a later one that a quick process has reached meanwhile. Who is turned away by a broken
barrier has met nobody. Barriers of threads count where the user's own code waits at them; a manager's server waits at
some for others.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import wraps
from multiprocessing import synchronize
from typing import Any

from pytest_parlab.instrument import recorder
from pytest_parlab.instrument.building import parts_are_internal
from pytest_parlab.instrument.conditions import number_of
from pytest_parlab.instrument.locks import OLDER, is_part
from pytest_parlab.instrument.moments import local_of, used_by_user
from pytest_parlab.instrument.patches import Patches
from pytest_parlab.trace.records import Kind

_meetings = threading.local()


def install(patches: Patches) -> None:
    """Hook barriers; those of processes inherit from those of threads, so they come first."""
    patches.replace(synchronize.Barrier, "__init__", parts_are_internal(synchronize.Barrier.__init__))
    for barrier in (synchronize.Barrier, threading.Barrier):
        own: Any = barrier
        patches.replace(barrier, "_enter", _arrives(own._enter))
        patches.replace(barrier, "_release", _acts(own._release))
        patches.replace(barrier, "wait", _departs(own.wait))


def _is_of_processes(barrier: Any) -> bool:
    return isinstance(barrier, synchronize.Barrier)


def _number(record: recorder.Recorder, barrier: Any) -> int:
    if not _is_of_processes(barrier):
        return int(local_of(barrier, record).thing)
    number = number_of(barrier._cond, record)
    if number & OLDER:
        is_part(barrier._cond._lock, "internal")
    return number


def _arrives(original: Callable[[Any], None]) -> Callable[[Any], None]:
    """Runs with the barrier's lock held, before the barrier counts the arrival."""

    @wraps(original)
    def _enter(self: Any) -> None:
        original(self)
        record = recorder.active
        if record is None or not getattr(_meetings, "watched", False):
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
        record = recorder.active
        _meetings.first = 0
        _meetings.watched = record is not None and (_is_of_processes(self) or used_by_user(record))
        if record is not None and _meetings.watched:
            _number(record, self)  # tells an older one's lock what it is, before it is taken
        result = original(self, *args, **kwargs)
        first = getattr(_meetings, "first", 0)
        if record is not None and first:
            record.write(Kind.DEPART, _number(record, self) | self._parties << 32, first)
        return result

    return wait
