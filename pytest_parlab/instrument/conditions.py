"""Hooks in the conditions of `multiprocessing`: a ``notify`` comes before the waits that it woke, and no others.

```
notify(), with the lock                        wait()
  ticket, RELEASE                                gives the lock back, sleeps
  permit for each sleeper   ---------------->    takes a permit: reads the ticket here
  waits for as many signs   <----------------    gives a sign that it woke
  returns, gives the lock back                   waits for the lock, returns True
```
The notifier has the lock until every sleeper that it woke has given its sign, so the ticket that a woken process
reads before its sign is that of the ``notify`` that woke it. Only a sleeper whose time ran out can give a sign in
another's place. Such signs are counted, and where one may have played a part and there is more than one ``notify`` to
choose from, none is chosen.

Conditions inside events, barriers and queues are parts, and order nothing by themselves.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from multiprocessing import synchronize
from typing import Any

from pytest_parlab.instrument import recorder
from pytest_parlab.instrument.building import building_condition
from pytest_parlab.instrument.locks import OLDER, PARTS, identity_of, is_part
from pytest_parlab.instrument.moments import acquired, release
from pytest_parlab.instrument.patches import Patches
from pytest_parlab.instrument.standins import StandIn

_BEGUN, _ENDED = 1 << 32, 1
"""What a sleeper whose time ran out adds to its tally before and after its sign."""


def install(patches: Patches) -> None:
    """Hook the conditions."""
    condition = synchronize.Condition
    patches.replace(condition, "__init__", _sleepers_are_internal(condition.__init__))
    patches.replace(condition, "notify", _notify(condition.notify))
    patches.replace(condition, "wait", _wait(condition.wait))


def number_of(condition: Any, record: recorder.Recorder) -> int:
    """The number under which a condition, and what is built around it, is known."""
    number = identity_of(condition._sleeping_count, record).number
    if number & OLDER:  # nobody has told its parts yet
        for part in (condition._sleeping_count, condition._woken_count, condition._wait_semaphore):
            is_part(part, "internal")
    return number


def _sleepers_are_internal(original: Callable[..., None]) -> Callable[..., None]:
    @wraps(original)
    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        with building_condition():
            original(self, *args, **kwargs)

    return __init__


def _is_part(condition: Any, record: recorder.Recorder) -> bool:
    return identity_of(condition._lock, record).role in PARTS


def _notify(original: Callable[..., None]) -> Callable[..., None]:
    @wraps(original)
    def notify(self: Any, n: int = 1) -> None:
        record = recorder.active
        if record is not None and not _is_part(self, record) and self._lock._semlock._is_mine():
            number = number_of(self, record)
            release(record, number, record.counters.ticket(number), record.caller())
        return original(self, n)

    return notify


def _wait(original: Callable[..., bool]) -> Callable[..., bool]:
    @wraps(original)
    def wait(self: Any, timeout: float | None = None) -> bool:
        record = recorder.active
        if record is None or _is_part(self, record):
            return original(self, timeout)
        sleep = _Sleep(self, record)
        woken = original(StandIn(self, _wait_semaphore=sleep, _woken_count=_Sign(sleep)), timeout)
        if sleep.ticket:
            acquired(record, number_of(self, record), sleep.ticket)
        return woken

    return wait


class _Sleep:
    """One wait, from before the lock is given back; stands in for the semaphore on which it sleeps.

    Attributes:
        ticket: Number of the ``notify`` that ended it; 0 if none did, or none surely.
        expired: The sleeper was not woken: its time ran out, or it was interrupted.
    """

    def __init__(self, condition: Any, record: recorder.Recorder) -> None:
        self.condition = condition
        self.ticket = 0
        self.expired = True
        self._number = number_of(condition, record)
        self._counters = record.counters
        self._tally = f"expired-{self._number:x}"
        self._last = self._counters.last_ticket(self._number)
        self._expired_before = self._counters.total(self._tally)

    def acquire(self, block: bool, timeout: float | None) -> bool:
        try:
            if not self.condition._wait_semaphore.acquire(block, timeout):
                return False
            self.expired = False
        finally:
            if self.expired:
                self._counters.add(self._tally, _BEGUN)
        ticket = self._counters.last_ticket(self._number)
        if ticket == self._last + 1 or self._nobody_else_expired():
            self.ticket = ticket
        return True

    def _nobody_else_expired(self) -> bool:
        begun, ended = divmod(self._expired_before, _BEGUN)
        return begun == ended and self._counters.total(self._tally) == self._expired_before

    def sign_given(self) -> None:
        if self.expired:
            self._counters.add(self._tally, _ENDED)


class _Sign:
    """Stands in for the semaphore that counts the signs."""

    def __init__(self, sleep: _Sleep) -> None:
        self._sleep = sleep

    def release(self) -> None:
        self._sleep.condition._woken_count.release()
        self._sleep.sign_given()
