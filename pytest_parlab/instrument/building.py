"""What a lock is made for: one that is part of a queue or a pool is no lock of the user's."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any


class _Building(threading.local):
    """What the calling thread builds; a forked child builds nothing yet, whatever its parent was at."""

    def __init__(self) -> None:
        self.pid = 0
        self.role = ""
        self.condition = False


_here = _Building()


def _building() -> _Building:
    if _here.pid != os.getpid():  # a pool forks its workers while it is built; what they create is their own
        _here.pid, _here.role, _here.condition = os.getpid(), "", False
    return _here


@contextmanager
def building(role: str) -> Iterator[None]:
    """Locks created in this block are parts of something else: ``internal`` or ``hidden``, the outermost counts.

    ``internal`` is a part of a queue, an event or a barrier, whose own hooks tell what it means; ``hidden`` a part of
    a pool or an executor, its queues too.
    """
    here = _building()
    before = here.role
    here.role = before or role
    try:
        yield
    finally:
        here.role = before


def parts_are_internal(original: Callable[..., None]) -> Callable[..., None]:
    """Hook the constructor of something whose locks are parts of it."""

    @wraps(original)
    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        with building("internal"):
            original(self, *args, **kwargs)

    return __init__


@contextmanager
def building_condition() -> Iterator[None]:
    """Semaphores created in this block count a condition's sleepers; its lock is the user's."""
    here = _building()
    before = here.condition
    here.condition = True
    try:
        yield
    finally:
        here.condition = before


def part_of(*, semaphore: bool) -> str:
    """The role of a lock that is being created here; the empty string for one of the user's."""
    here = _building()
    return here.role or ("internal" if semaphore and here.condition else "")
