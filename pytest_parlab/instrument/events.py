"""Hooks in the events of `multiprocessing`: the ``set`` that made the flag true comes before whoever saw it true.

A ``set`` of a flag that is true already changes nothing and orders nothing; nor does one that comes after somebody
has been let through. The flag has a version for each time that it became true, counted under the event's own lock.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from multiprocessing import synchronize
from typing import Any

from pytest_parlab.instrument import recorder
from pytest_parlab.instrument.building import parts_are_internal
from pytest_parlab.instrument.conditions import number_of
from pytest_parlab.instrument.locks import OLDER, is_part
from pytest_parlab.instrument.moments import acquired, release
from pytest_parlab.instrument.patches import Patches
from pytest_parlab.instrument.standins import StandIn


def install(patches: Patches) -> None:
    """Hook the events."""
    event = synchronize.Event
    patches.replace(event, "__init__", parts_are_internal(event.__init__))
    patches.replace(event, "set", _set(event.set))
    patches.replace(event, "wait", _look(event.wait))
    patches.replace(event, "is_set", _look(event.is_set))


def _number(event: Any, record: recorder.Recorder) -> int:
    number = number_of(event._cond, record)
    if number & OLDER:  # nobody has told its parts yet
        for part in (event._cond._lock, event._flag):
            is_part(part, "internal")
    return number


def _set(original: Callable[[Any], None]) -> Callable[[Any], None]:
    @wraps(original)
    def set(self: Any) -> None:  # noqa: A001 - the name of the method
        record = recorder.active
        if record is None:
            return original(self)
        return original(StandIn(self, _flag=_FlagSet(self._flag, record, _number(self, record))))

    return set


def _look(original: Callable[..., bool]) -> Callable[..., bool]:
    @wraps(original)
    def look(self: Any, *args: Any, **kwargs: Any) -> bool:
        record = recorder.active
        if record is None:
            return original(self, *args, **kwargs)
        number = _number(self, record)
        flag = _FlagSeen(self._flag, record, number)
        seen = original(StandIn(self, _flag=flag), *args, **kwargs)
        if seen and flag.version:
            acquired(record, number, flag.version)
        return seen

    return look


class _FlagSet:
    """Stands in for the flag while it is set: taken down if it is up, then put up."""

    def __init__(self, flag: Any, record: recorder.Recorder, number: int) -> None:
        self._flag = flag
        self._record = record
        self._number = number
        self._was_up = False

    def acquire(self, block: bool) -> bool:
        self._was_up = self._flag.acquire(block)
        return self._was_up

    def release(self) -> None:
        if not self._was_up:
            release(self._record, self._number, self._record.counters.ticket(self._number), self._record.caller())
        self._flag.release()


class _FlagSeen:
    """Stands in for the flag while somebody looks whether it is up: taken down, and put up again if it was.

    Attributes:
        version: Which of its versions was seen last; 0 if it was down, or up before the watch began.
    """

    def __init__(self, flag: Any, record: recorder.Recorder, number: int) -> None:
        self.version = 0
        self._flag = flag
        self._record = record
        self._number = number

    def acquire(self, block: bool) -> bool:
        return bool(self._flag.acquire(block))

    def release(self) -> None:
        self.version = self._record.counters.last_ticket(self._number)
        self._flag.release()
