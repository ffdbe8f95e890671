"""Ways into shared memory on which accesses cannot be seen: they are noted when somebody sets out on one.

A buffer (`memoryview`, numpy), a pointer or an address leads past every hook. What is noted is that such a thing was
made of memory that is watched, where, and how; memory of which none was made is not mentioned. A foreign function
that is handed the object itself, and functions of `ctypes` that were imported by name before the watch was opened,
are not noticed.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable
from functools import wraps
from typing import Any

from pytest_parlab.instrument import recorder
from pytest_parlab.instrument.patches import Patches
from pytest_parlab.trace.records import Kind, Way

_ADDRESSING = ("addressof", "byref", "cast", "memmove", "memset", "string_at", "wstring_at")
"""Functions of `ctypes` that take an object for its address."""


def install(patches: Patches) -> None:
    """Hook what takes an object for its address."""
    for name in _ADDRESSING:
        patches.replace(ctypes, name, _addressing(getattr(ctypes, name)))


def note(block: int, way: Way, known: dict[str, Any]) -> None:
    """Note that accesses to a block can go unseen from here on, once per object and way.

    Args:
        block: Its number; nothing is noted for 0.
        way: How.
        known: The attributes of the object that leads there; remembers what was noted.
    """
    record = recorder.active
    if record is None or not block:
        return
    noted = known.get("_parlab_noted", 0)
    if noted >> way & 1:
        return
    site = record.caller()
    if site:
        known["_parlab_noted"] = noted | 1 << way
        record.write(Kind.UNTRACKED, block | way << 32, record.counters.last_ticket(-block), site)


def is_tracked(thing: Any) -> bool:
    """Tell whether an object is of a tracked type."""
    return hasattr(type(thing), "_parlab_block")


def _addressing(original: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(original)
    def function(*args: Any, **kwargs: Any) -> Any:
        for thing in args:
            if is_tracked(thing):
                note(thing._parlab_block, Way.POINTER, thing.__dict__)
        return original(*args, **kwargs)

    return function


def pointer_type(type_: Any) -> Any:
    """The type of pointers to tracked objects: one of those to plain objects that notes when it is made."""
    plain = ctypes.POINTER(type_)

    def __init__(self: Any, *args: Any) -> None:
        plain.__init__(self, *args)
        for thing in args:
            note(thing._parlab_block, Way.POINTER, thing.__dict__)

    attributes = {"_type_": type_, "__init__": __init__, "__module__": plain.__module__}
    return type(plain)(plain.__name__, (plain,), attributes)


def exporting(type_: Any) -> dict[str, Any]:
    """The method by which a tracked type hands out its memory as a buffer; none before Python 3.12."""
    if sys.version_info < (3, 12):
        return {}
    export = type_.__buffer__

    def __buffer__(self: Any, flags: int) -> memoryview:
        note(self._parlab_block, Way.BUFFER, self.__dict__)
        return export(self, flags)

    return {"__buffer__": __buffer__}
