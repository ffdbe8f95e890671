"""Locks and semaphores under control: their state is on the board, and the system's own are left alone."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from functools import partial, wraps
from multiprocessing import context, synchronize, util
from multiprocessing.synchronize import SemLock
from typing import Any

from pytest_parlab.explore.control import controller
from pytest_parlab.explore.control import layout as rows
from pytest_parlab.explore.control.controller import Controller
from pytest_parlab.explore.control.layout import Needs
from pytest_parlab.explore.operations import Kind, resource_of
from pytest_parlab.instrument.patches import Patches

_system: Any = vars(synchronize)["_multiprocessing"].SemLock
_CONTROLLED = "parlab"
"""Begins the pickled state of a lock under control."""
RECURSIVE: int = vars(synchronize)["RECURSIVE_MUTEX"]
_ONE_HOLDER = (synchronize.Lock, synchronize.RLock)


def install(patches: Patches) -> None:
    """Replace how locks and semaphores are made, taken and given back."""
    patches.afterwards(_renew)
    own: dict[str, Any] = dict(vars(SemLock))
    patches.replace(SemLock, "__init__", _made(own["__init__"]))
    patches.replace(SemLock, "_make_methods", _make_methods(own["_make_methods"]))
    patches.replace(SemLock, "__enter__", _enter(own["__enter__"]))
    patches.replace(SemLock, "__exit__", _exit(own["__exit__"]))
    patches.replace(SemLock, "__getstate__", _getstate(own["__getstate__"]))
    patches.replace(SemLock, "__setstate__", _setstate(own["__setstate__"]))
    patches.replace(synchronize.Semaphore, "get_value", _get_value(synchronize.Semaphore.get_value))
    _renew()


def _renew() -> None:
    """Let the locks that exist have methods of their own made anew."""
    for existing in list(util._afterfork_registry.values()):  # type: ignore[attr-defined]
        if isinstance(existing, SemLock):
            existing._make_methods()  # type: ignore[attr-defined]


def slot_of(lock: Any, control: Controller) -> int:
    """The slot of a lock or semaphore."""
    known: tuple[str, int] | None = vars(lock).get("_parlab_slot")
    if known is None or known[0] != control.session:
        semlock = lock._semlock
        number = control.slot_named(
            semlock.name or f"handle {semlock.handle}", _real_value(semlock), semlock.maxvalue
        )
        known = lock._parlab_slot = (control.session, number)
    return known[1]


def _real_value(semlock: Any) -> int:
    try:
        return int(semlock._get_value())
    except NotImplementedError:  # not every system tells
        return 0 if semlock._is_zero() else 1


def _made(original: Callable[..., None]) -> Callable[..., None]:
    @wraps(original)
    def __init__(self: Any, kind: int, value: int, maxvalue: int, **kwargs: Any) -> None:
        control = controller.active
        if control is None:
            original(self, kind, value, maxvalue, **kwargs)
            return
        _lead_to(self, kind, maxvalue, control)
        self._parlab_slot = (control.session, control.new_slot(value, maxvalue))
        self._parlab_made = control.made_at()

    return __init__


def _lead_to(lock: Any, kind: int, most: int, control: Controller) -> None:
    """Give a lock a part of the system's, which nobody ever waits for: it has no name that could be left behind."""

    def make() -> Any:
        return _system(kind, 0, most, f"/parlab-{os.getpid()}-{secrets.token_hex(4)}", True)

    lock._semlock = make() if control.repeater is None else control.repeater.make(("lock", kind, most), make)
    lock._is_fork_ctx = False
    lock._make_methods()


def _make_methods(original: Callable[[Any], None]) -> Callable[[Any], None]:
    @wraps(original)
    def _make_methods(self: Any) -> None:
        original(self)
        self.acquire = partial(_acquire, self, self.acquire)
        self.release = partial(_release, self, self.release)

    return _make_methods


def _acquire(lock: Any, original: Callable[..., bool], block: bool = True, timeout: float | None = None) -> bool:
    control = controller.active
    return original(block, timeout) if control is None else acquire(control, lock, block=block, timeout=timeout)


def acquire(control: Controller, lock: Any, *, block: bool = True, timeout: float | None = None) -> bool:
    """Take a lock or semaphore under control."""
    number = slot_of(lock, control)
    slot = control.board.slot(number)
    recursive = lock._semlock.kind == RECURSIVE
    if recursive and slot[rows.OWNER] == control.process + 1:
        slot[rows.DEPTH] += 1
        return True
    resource = resource_of(number)
    if not block or (timeout is not None and timeout <= 0):
        control.point(Kind.TRY, resource, lock, looks=True)
        if not slot[rows.VALUE]:
            control.tell("finds taken", lock)
            return False
        control.board.changed()
    elif not control.point(Kind.ACQUIRE, resource, lock, needs=Needs.VALUE, first=number, timeout_s=timeout):
        control.tell("gives up waiting for", lock)
        return False
    slot[rows.VALUE] -= 1
    if recursive or isinstance(lock, _ONE_HOLDER):
        slot[rows.OWNER], slot[rows.DEPTH] = control.process + 1, 1
        control.holds(lock, now=True)
    control.tell("takes", lock)
    return True


def _release(lock: Any, original: Callable[[], None]) -> None:
    control = controller.active
    return original() if control is None else release(control, lock)


def release(control: Controller, lock: Any) -> None:
    """Give a lock or semaphore back under control.

    Raises:
        AssertionError: It is recursive, and not this process's.
        ValueError: Nobody has it.
    """
    number = slot_of(lock, control)
    slot = control.board.slot(number)
    if lock._semlock.kind == RECURSIVE:
        if slot[rows.OWNER] != control.process + 1:
            raise AssertionError("attempt to release recursive lock not owned by thread")
        if slot[rows.DEPTH] > 1:
            slot[rows.DEPTH] -= 1
            return
    control.point(Kind.RELEASE, resource_of(number), lock)
    if slot[rows.VALUE] >= slot[rows.MOST]:
        raise ValueError("semaphore or lock released too many times")
    slot[rows.OWNER] = slot[rows.DEPTH] = 0
    slot[rows.VALUE] += 1
    control.tell("gives back", lock)
    control.holds(lock, now=False)


def _enter(original: Callable[[Any], bool]) -> Callable[[Any], bool]:
    @wraps(original)
    def __enter__(self: Any) -> bool:
        control = controller.active
        return original(self) if control is None else acquire(control, self)

    return __enter__


def _exit(original: Callable[..., None]) -> Callable[..., None]:
    @wraps(original)
    def __exit__(self: Any, *args: object) -> None:
        control = controller.active
        return original(self, *args) if control is None else release(control, self)

    return __exit__


def _getstate(original: Callable[[Any], tuple[Any, ...]]) -> Callable[[Any], tuple[Any, ...]]:
    @wraps(original)
    def __getstate__(self: Any) -> tuple[Any, ...]:
        control = controller.active
        if control is None:
            return original(self)
        context.assert_spawning(self)
        number = slot_of(self, control)
        made = vars(self).get("_parlab_made", "")
        return _CONTROLLED, self._semlock.kind, self._semlock.maxvalue, number, made

    return __getstate__


def _setstate(original: Callable[[Any, tuple[Any, ...]], None]) -> Callable[[Any, tuple[Any, ...]], None]:
    @wraps(original)
    def __setstate__(self: Any, state: tuple[Any, ...]) -> None:
        control = controller.active
        if control is None or state[0] != _CONTROLLED:
            original(self, state)
            return
        _, kind, most, number, made = state
        _lead_to(self, kind, most, control)
        self._parlab_slot, self._parlab_made = (control.session, number), made

    return __setstate__


def _get_value(original: Callable[[Any], int]) -> Callable[[Any], int]:
    @wraps(original)
    def get_value(self: Any) -> int:
        control = controller.active
        if control is None:
            return original(self)
        number = slot_of(self, control)
        control.point(Kind.LOOK, resource_of(number), self, changes=False)
        value = control.board.slot(number)[rows.VALUE]
        control.tell("looks at", self, value)
        return value

    return get_value
