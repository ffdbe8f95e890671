"""Hooks in the Values and Arrays of `multiprocessing.sharedctypes`.

Each access takes the object's own lock for itself and nothing else, so the hook reads or writes, counts and records
while that lock is held: the versions of a cell are the exact order in which it changed.
"""

from __future__ import annotations

import operator
import sys
from collections.abc import Callable
from functools import wraps
from multiprocessing import sharedctypes
from typing import Any

from pytest_parlab.instrument import recorder
from pytest_parlab.instrument.blocks import created, kind_of, place_behind
from pytest_parlab.instrument.handles import handle_of
from pytest_parlab.instrument.layout import shape
from pytest_parlab.instrument.locks import identity_of
from pytest_parlab.instrument.nodes import NO_CELL
from pytest_parlab.instrument.patches import Patches
from pytest_parlab.instrument.places import indexes
from pytest_parlab.instrument.raw_memory import begin
from pytest_parlab.trace.records import LOW_BITS, Kind

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


def _read_value(self: Any) -> Any:
    record = recorder.active
    try:
        handle = self._parlab_handle
    except AttributeError:
        handle = handle_of(self)
    acquire, release = handle.acquire, handle.release
    acquire()
    try:
        result = handle.shared.value
        if record is None:
            return result
        frame, cell = _getframe(1), handle.cell
        if cell.stamp is record.lone.stamp and handle.words[0] == cell.word:
            try:
                node = cell.node.follow[frame.f_lasti]
            except KeyError:
                node = NO_CELL.node
            if node.code is frame.f_code:
                node.count += 1
                cell.node = node
                return result
        if (fold := handle.fold).strand is record.lone:
            fold.access(record, _READ, 0, frame, handle.words, 0)
        else:
            handle.access(record, _READ, 0, frame)
    finally:
        release()
    return result


def _write_value(self: Any, value: Any) -> None:
    record = recorder.active
    try:
        handle = self._parlab_handle
    except AttributeError:
        handle = handle_of(self)
    acquire, release = handle.acquire, handle.release
    acquire()
    try:
        handle.shared.value = value
        if record is None:
            return
        frame, cell, words = _getframe(1), handle.cell, handle.words
        if cell.stamp is record.lone.stamp and (word := words[0]) == cell.word:
            try:
                node = cell.node.follow[frame.f_lasti + 1]
            except KeyError:
                node = NO_CELL.node
            if node.code is frame.f_code:
                node.count += 1
                cell.node = node
                words[0] = cell.word = node.written = (word | LOW_BITS) + record.writer
                return
        if (fold := handle.fold).strand is record.lone:
            fold.access(record, _WRITE, 0, frame, words, 0)
        else:
            handle.access(record, _WRITE, 0, frame)
    finally:
        release()


def _read_item(self: Any, i: Any) -> Any:
    if not isinstance(i, int):
        return _access(self, _READ, i, lambda shared: shared[i])
    record = recorder.active
    try:
        handle = self._parlab_handle
    except AttributeError:
        handle = handle_of(self)
    acquire, release = handle.acquire, handle.release
    acquire()
    try:
        shared = handle.shared
        result = shared[i]
        if record is not None:
            index = i if i >= 0 else i + len(shared)
            fold = handle.fold
            if fold.strand is record.lone:
                fold.access(record, _READ, index, _getframe(1), handle.words, index)
            else:
                handle.access(record, _READ, index, _getframe(1))
    finally:
        release()
    return result


def _write_item(self: Any, i: Any, value: Any) -> None:
    if not isinstance(i, int):
        _access(self, _WRITE, i, lambda shared: operator.setitem(shared, i, value))
        return
    record = recorder.active
    try:
        handle = self._parlab_handle
    except AttributeError:
        handle = handle_of(self)
    acquire, release = handle.acquire, handle.release
    acquire()
    try:
        shared = handle.shared
        shared[i] = value
        if record is not None:
            index = i if i >= 0 else i + len(shared)
            fold = handle.fold
            if fold.strand is record.lone:
                fold.access(record, _WRITE, index, _getframe(1), handle.words, index)
            else:
                handle.access(record, _WRITE, index, _getframe(1))
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
    handle = handle_of(self)
    acquire, release = handle.acquire, handle.release
    acquire()
    try:
        result = action(handle.shared)
        if record is not None:
            handle.sweep(record, kind, indexes(where, len(handle.shared)), _getframe(2))
    finally:
        release()
    return result


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
        kind = kind_of(maker, args[0] if args else kwargs["typecode_or_type"])
        if not isinstance(made, sharedctypes.SynchronizedBase):  # lock=False
            begin(record, made, kind)
            return made
        own: Any = vars(made)["_obj"]
        block = created(record, place_behind(own._wrapper), kind, shape(type(own)))
        if kwargs.get("lock", True) in (True, None) and hasattr(made.get_lock(), "_semlock"):
            number = identity_of(made.get_lock(), record).number
            record.describe("lock", number, kind="RLock", site=record.caller(), owner=block)
        return made

    return make
