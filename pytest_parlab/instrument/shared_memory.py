"""Hooks in the Values and Arrays of `multiprocessing.sharedctypes`.

Each access takes the object's own lock for itself and nothing else, so the hook reads or writes, takes a ticket and
records while that lock is held: the tickets are the exact order in which the memory changed.

A block's identity is the file behind its memory and the offset in it: the same under every start method.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Callable, Iterable
from functools import wraps
from multiprocessing import sharedctypes
from typing import Any

from pytest_parlab.instrument import recorder
from pytest_parlab.instrument.locks import identity_of
from pytest_parlab.instrument.patches import Patches
from pytest_parlab.trace.records import Kind

_HALF = (1 << 31) - 1


def block_number(synchronized: Any) -> int:
    """The number of the memory behind a synchronized object, the same in every process (31 bits)."""
    known: int | None = vars(synchronized).get("_parlab_block")
    if known is None:
        (arena, start, _), _ = synchronized._obj._wrapper._state
        descriptor = getattr(arena, "fd", -1)
        place = os.fstat(descriptor).st_ino if descriptor >= 0 else arena.name
        known = synchronized._parlab_block = zlib.crc32(f"{place}+{start}".encode()) & _HALF
    return known


def install(patches: Patches) -> None:
    """Hook creation and access."""
    for name, field in (("value", sharedctypes.Synchronized), ("value", sharedctypes.SynchronizedString)):
        patches.replace(field, name, _property(vars(field)[name]))
    patches.replace(sharedctypes.SynchronizedString, "raw", _property(vars(sharedctypes.SynchronizedString)["raw"]))
    array = sharedctypes.SynchronizedArray
    for name, kind in {
        "__getitem__": Kind.READ,
        "__setitem__": Kind.WRITE,
        "__getslice__": Kind.READ,
        "__setslice__": Kind.WRITE,
    }.items():
        patches.replace(array, name, _item(vars(array)[name], kind, slices=name.endswith("slice__")))
    patches.replace(sharedctypes.SynchronizedBase, "get_obj", _get_obj(sharedctypes.SynchronizedBase.get_obj))
    for maker in ("Value", "Array"):
        patches.replace(sharedctypes, maker, _made(getattr(sharedctypes, maker), maker))
    for maker in ("RawValue", "RawArray"):
        patches.replace(sharedctypes, maker, _made_raw(getattr(sharedctypes, maker), maker))


def _access(synchronized: Any, kind: int, indexes: Iterable[int], action: Callable[[], Any]) -> Any:
    """Do one access under the object's own lock and record it."""
    record = recorder.active
    lock = getattr(synchronized._lock, "_semlock", synchronized._lock)
    if record is None or not hasattr(synchronized._obj, "_wrapper"):
        return action()
    site = record.caller()
    lock.acquire()
    try:
        result = action()
        block = block_number(synchronized)
        ticket = record.counters.ticket(block)
        for index in indexes:
            record.write(kind, block | index << 32, ticket, site)
    finally:
        lock.release()
    return result


def _property(original: property) -> property:
    getter, setter = original.fget, original.fset
    if getter is None or setter is None:
        raise TypeError(f"{original!r} cannot be read and written")

    def read(self: Any) -> Any:
        return _access(self, Kind.READ, (0,), lambda: getter(self))

    def write(self: Any, value: Any) -> None:
        _access(self, Kind.WRITE, (0,), lambda: setter(self, value))

    return property(read, write)


def _item(original: Callable[..., Any], kind: Kind, *, slices: bool) -> Callable[..., Any]:
    @wraps(original)
    def access(self: Any, *args: Any) -> Any:
        length = len(self._obj)
        where = slice(args[0], args[1]) if slices else args[0]
        if isinstance(where, slice):
            indexes: Iterable[int] = range(length)[where]
        else:
            indexes = (where % length if length and isinstance(where, int) else 0,)
        return _access(self, kind, indexes, lambda: original(self, *args))

    return access


def _get_obj(original: Callable[[Any], Any]) -> Callable[[Any], Any]:
    @wraps(original)
    def get_obj(self: Any) -> Any:
        record = recorder.active
        if record is not None and record.caller() and hasattr(self._obj, "_wrapper"):
            record.write(Kind.UNTRACKED, block_number(self), 0)
        return original(self)

    return get_obj


def _kind(maker: str, arguments: tuple[Any, ...]) -> str:
    code = arguments[0] if arguments else ""
    return f"{maker}({code!r})" if isinstance(code, str) else f"{maker}({getattr(code, '__name__', code)})"


def _made(original: Callable[..., Any], maker: str) -> Callable[..., Any]:
    @wraps(original)
    def make(*args: Any, **kwargs: Any) -> Any:
        made = original(*args, **kwargs)
        record = recorder.active
        if record is None:
            return made
        site = record.caller()
        if not isinstance(made, sharedctypes.SynchronizedBase):  # lock=False
            record.describe("raw", record.new_id(), kind=_kind(maker, args), site=site)
            return made
        block = block_number(made)
        length = len(made) if isinstance(made, sharedctypes.SynchronizedArray) else 1
        with made.get_lock():
            ticket = record.counters.ticket(block)
        record.describe("block", block | ticket << 32, kind=_kind(maker, args), length=length, site=site)
        record.write(Kind.BLOCK_CREATED, block, ticket, site)
        if kwargs.get("lock", True) in (True, None) and hasattr(made.get_lock(), "_semlock"):
            number = identity_of(made.get_lock()).number
            record.describe("lock", number, kind="RLock", created=True, site=site, owner=block)
        return made

    return make


def _made_raw(original: Callable[..., Any], maker: str) -> Callable[..., Any]:
    @wraps(original)
    def make(*args: Any, **kwargs: Any) -> Any:
        made = original(*args, **kwargs)
        record = recorder.active
        if record is not None and record.sites.called_by_user():  # Value and Array are made of these too
            record.describe("raw", record.new_id(), kind=_kind(maker, args), site=record.caller())
        return made

    return make
