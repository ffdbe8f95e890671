"""Hooks in synchronized structures, and in synchronized arrays whose elements are structures or arrays.

The generated property of a field takes the object's own lock for one access, and so does its hook. An element that is
an object of its own (``array[3]`` of structures) is only led to under that lock: what is done with it afterwards goes
past the lock and is recorded as raw.
"""

from __future__ import annotations

import ctypes
import operator
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from multiprocessing import sharedctypes
from types import FrameType
from typing import Any

from pytest_parlab.instrument import recorder
from pytest_parlab.instrument.blocks import block_number
from pytest_parlab.instrument.handles import handle_of
from pytest_parlab.instrument.layout import Member, has_fields, is_part, is_text, leaves, members
from pytest_parlab.instrument.patches import Patches
from pytest_parlab.instrument.tracked_types import lead_to
from pytest_parlab.trace.records import Kind

_READ, _WRITE = int(Kind.READ), int(Kind.WRITE)
_getframe = sys._getframe
_SynchronizedArray: Any = sharedctypes.SynchronizedArray


def adopt(synchronized: Any, patches: Patches) -> bool:
    """Hook a synchronized object if its memory has fields; False if it has none."""
    shared = vars(synchronized).get("_obj")
    if shared is None or not hasattr(shared, "_wrapper") or not has_fields(type(shared)):
        return False
    if isinstance(shared, ctypes.Array):
        if type(synchronized) is _SynchronizedArray:
            synchronized.__class__ = _ArrayOfParts
    else:
        _hook_fields(type(synchronized), members(type(shared)), patches)
    return True


def give_back(synchronized: Any) -> None:
    """Give a synchronized array its own class again."""
    if type(synchronized) is _ArrayOfParts:
        synchronized.__class__ = _SynchronizedArray


def _hook_fields(type_: Any, fields: dict[str, Member], patches: Patches) -> None:
    for name, member in fields.items():
        if isinstance(vars(type_).get(name), property) and (type_, name) not in patches.replaced:
            patches.replace(type_, name, _field(name, member))


@contextmanager
def _locked(synchronized: Any) -> Iterator[None]:
    """Hold the lock of an object past the lock's own hook; a lock of the user's may know ``acquire`` alone."""
    lock = getattr(synchronized._lock, "_semlock", synchronized._lock)
    lock.acquire()
    try:
        yield
    finally:
        lock.release()


def _field(name: str, member: Member) -> property:
    """A field of a synchronized structure, which takes the lock for one access."""
    get, put, offset, type_ = operator.attrgetter(name), member.field.__set__, member.offset, member.type
    part = is_part(type_) and not is_text(type_)
    written = [offset + start for start, _ in leaves(type_)] if part else [offset]

    def read(self: Any) -> Any:
        with _locked(self):
            result = get(self._obj)
            if not part:
                _record(_READ, self, (offset,), _getframe(1))
        if part and recorder.active is not None:
            lead_to(result, block_number(self), offset, vars(self))
        return result

    def write(self: Any, value: Any) -> None:
        with _locked(self):
            put(self._obj, value)
            _record(_WRITE, self, written, _getframe(1))

    return property(read, write)


def _record(kind: int, synchronized: Any, offsets: Iterable[int], frame: FrameType) -> None:
    record = recorder.active
    if record is not None:
        for offset in offsets:
            handle_of(synchronized).access(record, kind, offset, frame)


class _ArrayOfParts(_SynchronizedArray):  # type: ignore[misc]  # its type parameter exists for type checkers alone
    """A synchronized array of structures or arrays."""

    def __getitem__(self, i: Any) -> Any:
        with _locked(self):
            result = self._obj[i]
        if recorder.active is not None:
            parts = result if isinstance(i, slice) else (result,)
            for start, part in zip(self._starts(i), parts, strict=True):
                lead_to(part, block_number(self), start, self.__dict__)
        return result

    def __setitem__(self, i: Any, value: Any) -> None:
        with _locked(self):
            self._obj[i] = value
            element = [start for start, _ in leaves(self._obj._type_)]
            _record(_WRITE, self, (start + leaf for start in self._starts(i) for leaf in element), _getframe(1))

    def _starts(self, where: Any) -> Iterable[int]:
        size, length = ctypes.sizeof(self._obj._type_), len(self._obj)
        indexes = range(length)[where] if isinstance(where, slice) else (operator.index(where) % length,)
        return (index * size for index in indexes)


_ArrayOfParts.__name__ = _ArrayOfParts.__qualname__ = "SynchronizedArray"
_ArrayOfParts.__module__ = sharedctypes.__name__
