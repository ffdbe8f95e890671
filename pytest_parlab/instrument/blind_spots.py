"""Ways into shared memory on which accesses cannot be seen: they are noted when somebody sets out on one.

A buffer (`memoryview`, numpy), a pointer or an address leads past every hook. What is noted is that such a thing was
made of memory that is watched, where, and how; memory of which none was made is not mentioned.

Not noticed: a foreign function that is handed the object itself; functions of `ctypes` that were imported by name
before the watch was opened; and before Python 3.12, where a class cannot say how it is exported, every buffer that
is not made by one of numpy's usual functions.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from types import FrameType
from typing import Any

from pytest_parlab.instrument import recorder
from pytest_parlab.instrument.patches import Patches
from pytest_parlab.trace.records import Kind, Way, now_ns

PLACE = "_parlab_place"
"""Attribute of tracked objects: number of the block, index of the first cell, and from one cell's to the next."""
_ADDRESSING = ("addressof", "byref", "cast", "memmove", "memset", "string_at", "wstring_at")
"""Functions of `ctypes` that take an object for its address."""
_BETWEEN = (__name__.partition(".")[0], "numpy")
_VIEWING = (("numpy", "array"), ("numpy", "asarray"), ("numpy", "frombuffer"), ("numpy.ctypeslib", "as_array"))
"""Functions that make an array of a buffer, each with its module."""

_exports_tell = sys.version_info >= (3, 12)
_patches: Patches | None = None


def install(patches: Patches) -> None:
    """Hook what takes an object for its address, or for a buffer."""
    global _patches  # noqa: PLW0603 - numpy may be imported at any time while hooks are in place
    _patches = patches
    patches.afterwards(_forget)
    for name in _ADDRESSING:
        patches.replace(ctypes, name, _leading_past(getattr(ctypes, name), Way.POINTER))
    look_for_numpy()


def _forget() -> None:
    global _patches  # noqa: PLW0603 - see above
    _patches = None


def look_for_numpy() -> None:
    """Hook numpy's functions if it has been imported by now, and if the buffers themselves do not tell."""
    if _exports_tell or _patches is None:
        return
    for name, function in _VIEWING:
        module = sys.modules.get(name)
        if hasattr(module, function) and (module, function) not in _patches.replaced:
            _patches.replace(module, function, _leading_past(getattr(module, function), Way.BUFFER))


def note(block: int, way: Way, known: dict[str, Any]) -> None:
    """Note that accesses to a block can go unseen from here on, once per object, way and watch.

    Args:
        block: Its number; nothing is noted for 0.
        way: How.
        known: The attributes of the object that leads there; remembers what was noted.
    """
    record = recorder.active
    if record is None or not block:
        return
    noted: dict[Way, Path] = known.setdefault("_parlab_noted", {})
    watch = record.sinks[-1].directory
    if noted.get(way) is watch:
        return
    site = record.sites.of(_asking())
    if site:
        noted[way] = watch
        record.write(Kind.UNTRACKED, block | way << 32, now_ns(), site)


def _asking() -> FrameType | None:
    """The innermost frame that is neither ours nor numpy's, which is asked for the buffer by somebody."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and str(frame.f_globals.get("__name__")).partition(".")[0] in _BETWEEN:
        frame = frame.f_back
    return frame


def is_tracked(thing: Any) -> bool:
    """Tell whether an object is of a tracked type."""
    return hasattr(type(thing), PLACE)


def _leading_past(original: Callable[..., Any], way: Way) -> Callable[..., Any]:
    @wraps(original)
    def function(*args: Any, **kwargs: Any) -> Any:
        library = (
            sys._getframe(1).f_globals.get("__name__") == "multiprocessing.sharedctypes"
        )  # it clears what is new
        for thing in () if library else args:
            if is_tracked(thing):
                note(getattr(thing, PLACE).block, way, thing.__dict__)
        return original(*args, **kwargs)

    return function


def pointer_type(type_: Any) -> Any:
    """The type of pointers to tracked objects: one of those to plain objects that notes when it is made."""
    plain = ctypes.POINTER(type_)

    def __init__(self: Any, *args: Any) -> None:
        plain.__init__(self, *args)
        for thing in args:
            note(getattr(thing, PLACE).block, Way.POINTER, thing.__dict__)

    attributes = {"_type_": type_, "__init__": __init__, "__module__": plain.__module__}
    return type(plain)(plain.__name__, (plain,), attributes)


def exporting(type_: Any) -> dict[str, Any]:
    """The method by which a tracked type hands out its memory as a buffer; none before Python 3.12."""
    if not _exports_tell:
        return {}
    export = type_.__buffer__

    def __buffer__(self: Any, flags: int) -> Any:
        note(getattr(self, PLACE).block, Way.BUFFER, self.__dict__)
        return export(self, flags)

    return {"__buffer__": __buffer__}
