"""Hooks in the Values and Arrays of `multiprocessing.sharedctypes`.

Each access takes the object's own lock for itself and nothing else, so the hook reads or writes, takes a ticket and
records while that lock is held: the tickets are the exact order in which the memory changed.

Raw memory, which has no lock, is hooked in `raw_memory`.
"""

from __future__ import annotations

import operator
import sys
from collections.abc import Callable, Iterable
from functools import wraps
from multiprocessing import sharedctypes
from typing import Any

from pytest_parlab.instrument import recorder
from pytest_parlab.instrument.blocks import block_number, kind_of
from pytest_parlab.instrument.layout import shape
from pytest_parlab.instrument.locks import identity_of
from pytest_parlab.instrument.patches import Patches
from pytest_parlab.instrument.raw_memory import begin
from pytest_parlab.trace.records import Kind

_READ, _WRITE = int(Kind.READ), int(Kind.WRITE)
_getframe = sys._getframe


def install(patches: Patches) -> None:
    """Hook creation and access."""
    patches.replace(sharedctypes.Synchronized, "value", property(_read_value, _write_value))
    for name in ("value", "raw"):
        patches.replace(sharedctypes.SynchronizedString, name, _whole(name))
    array = sharedctypes.SynchronizedArray
    patches.replace(array, "__getitem__", _read_item)
    patches.replace(array, "__setitem__", _write_item)
    patches.replace(array, "__getslice__", _read_slice)
    patches.replace(array, "__setslice__", _write_slice)
    for maker in ("Value", "Array"):
        patches.replace(sharedctypes, maker, _made(getattr(sharedctypes, maker), maker))


def _handle(synchronized: Any) -> tuple[Callable[[], Any], Callable[[], Any], int]:
    """How to take and give back an object's lock past the lock's own hook, and the number of its block.

    The number is 0 for memory that did not come from `sharedctypes`.
    """
    lock = getattr(synchronized._lock, "_semlock", synchronized._lock)
    known = hasattr(synchronized._obj, "_wrapper")
    number = block_number(synchronized) if known else 0
    synchronized._parlab_handle = handle = (lock.acquire, lock.release, number)
    return handle


def _read_value(self: Any) -> Any:
    record = recorder.active
    try:
        acquire, release, block = self._parlab_handle
    except AttributeError:
        acquire, release, block = _handle(self)
    acquire()
    try:
        result = self._obj.value
        if record is not None and block:
            record.access(_READ, block, 0, _getframe(1))
    finally:
        release()
    return result


def _write_value(self: Any, value: Any) -> None:
    record = recorder.active
    try:
        acquire, release, block = self._parlab_handle
    except AttributeError:
        acquire, release, block = _handle(self)
    acquire()
    try:
        self._obj.value = value
        if record is not None and block:
            record.access(_WRITE, block, 0, _getframe(1))
    finally:
        release()


def _read_item(self: Any, i: Any) -> Any:
    if not isinstance(i, int):
        return _access(self, _READ, i, lambda shared: shared[i])
    record = recorder.active
    try:
        acquire, release, block = self._parlab_handle
    except AttributeError:
        acquire, release, block = _handle(self)
    acquire()
    try:
        shared = self._obj
        result = shared[i]
        if record is not None and block:
            record.access(_READ, block, i if i >= 0 else i + len(shared), _getframe(1))
    finally:
        release()
    return result


def _write_item(self: Any, i: Any, value: Any) -> None:
    if not isinstance(i, int):
        _access(self, _WRITE, i, lambda shared: operator.setitem(shared, i, value))
        return
    record = recorder.active
    try:
        acquire, release, block = self._parlab_handle
    except AttributeError:
        acquire, release, block = _handle(self)
    acquire()
    try:
        shared = self._obj
        shared[i] = value
        if record is not None and block:
            record.access(_WRITE, block, i if i >= 0 else i + len(shared), _getframe(1))
    finally:
        release()


def _whole(name: str) -> property:
    """Text that is read and written as a whole."""

    def read(self: Any) -> Any:
        return _access(self, _READ, slice(None), lambda shared: getattr(shared, name))

    def write(self: Any, value: Any) -> None:
        _access(self, _WRITE, slice(None), lambda shared: setattr(shared, name, value))

    return property(read, write)


def _access(self: Any, kind: int, where: Any, action: Callable[[Any], Any]) -> Any:
    """Any other access: a slice, a text, an index that is no plain integer."""
    record = recorder.active
    acquire, release, block = _handle(self)
    acquire()
    try:
        result = action(self._obj)
        if record is not None and block:
            ticket, site = record.counters.ticket(-block), record.caller()
            for index in _indexes(where, len(self._obj)):
                record.write(kind, block | index << 32, ticket, site)
    finally:
        release()
    return result


def _indexes(where: Any, length: int) -> Iterable[int]:
    if isinstance(where, slice):
        return range(length)[where]
    return (operator.index(where) % length,)


def _read_slice(self: Any, start: int, stop: int) -> Any:
    return _access(self, _READ, slice(start, stop), lambda shared: shared[start:stop])


def _write_slice(self: Any, start: int, stop: int, values: Any) -> None:
    where = slice(start, stop)
    _access(self, _WRITE, where, lambda shared: operator.setitem(shared, where, values))


def _made(original: Callable[..., Any], maker: str) -> Callable[..., Any]:
    @wraps(original)
    def make(*args: Any, **kwargs: Any) -> Any:
        made: Any = original(*args, **kwargs)
        record = recorder.active
        if record is None:
            return made
        site, kind = record.caller(), kind_of(maker, args[0] if args else kwargs["typecode_or_type"])
        if not isinstance(made, sharedctypes.SynchronizedBase):  # lock=False
            begin(record, made, kind)
            return made
        block = block_number(made)
        acquire, release, _ = _handle(made)
        acquire()
        ticket = record.counters.ticket(-block)
        release()
        record.describe("block", block | ticket << 32, kind=kind, site=site, **shape(type(vars(made)["_obj"])))
        record.write(Kind.BLOCK_CREATED, block, ticket, site)
        if kwargs.get("lock", True) in (True, None) and hasattr(made.get_lock(), "_semlock"):
            number = identity_of(made.get_lock(), record).number
            record.describe("lock", number, kind="RLock", site=site, owner=block)
        return made

    return make
