"""What a lock is made for: one that is part of a queue or a pool is no lock of the user's."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

from pytest_parlab.instrument.forks import in_every_child

_building = threading.local()


@contextmanager
def building(role: str) -> Iterator[None]:
    """Locks created in this block are parts of something else: ``internal`` or ``hidden``, the outermost counts.

    ``internal`` is a part of a queue, an event or a barrier, whose own hooks tell what it means; ``hidden`` a part of
    a pool or an executor, its queues too.
    """
    before = getattr(_building, "role", "")
    _building.role = before or role
    try:
        yield
    finally:
        _building.role = before


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
    before = getattr(_building, "condition", False)
    _building.condition = True
    try:
        yield
    finally:
        _building.condition = before


def part_of(*, semaphore: bool) -> str:
    """The role of a lock that is being created here; the empty string for one of the user's."""
    role = getattr(_building, "role", "")
    return str(role or ("internal" if semaphore and getattr(_building, "condition", False) else ""))


@in_every_child
def _nothing_is_built_here() -> None:
    """A pool forks its workers while it is built; what they create is their own."""
    _building.__dict__.clear()
