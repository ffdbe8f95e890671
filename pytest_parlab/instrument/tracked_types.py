"""Types of ctypes objects whose accesses are recorded.

For a ctypes type a subclass is made that adds nothing to its layout, so that an object can be given that class while
it is watched and its own again afterwards. The subclass goes by the name of its base; what it overrides calls the
base and records. What an access leads to inside (an element that is a structure, a nested array) gets such a class,
too.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable
from typing import Any

from pytest_parlab.instrument.blind_spots import PLACE, exporting, note, pointer_type
from pytest_parlab.instrument.layout import CData, is_part, members
from pytest_parlab.instrument.places import Place, plain_type, touch_whole
from pytest_parlab.instrument.raw_accesses import field, of_array, of_simple, of_table
from pytest_parlab.trace.records import Kind, Way

_READ, _WRITE = int(Kind.RAW_READ), int(Kind.RAW_WRITE)
_OURS = (PLACE, "_parlab_noted")
_getframe = sys._getframe
_tracked: dict[type, Any] = {}


def track(thing: Any, block: int, start: int = 0, unit: int = 0) -> bool:
    """Have the accesses to a ctypes object recorded from now on; False where that cannot be done.

    Args:
        thing: The object.
        block: Number of the block that it lies in.
        start: Index of its first cell.
        unit: For an array, from one cell's index to the next; by default as many as an element has bytes.
    """
    type_ = type(thing)
    if type_ not in _tracked:
        _tracked[type_] = _make(type_)
    tracked = _tracked[type_]
    if tracked is None:
        return False
    thing.__class__ = tracked
    thing.__dict__[PLACE] = Place(block, start, unit or tracked._parlab_size)
    return True


def untrack(thing: Any) -> None:
    """Give an object its own class again."""
    thing.__class__ = plain_type(type(thing))
    for name in _OURS:
        thing.__dict__.pop(name, None)


def forget_types() -> None:
    """Make no more use of the types that were made; objects that still have them stay as they are."""
    for tracked in _tracked.values():
        getattr(ctypes, "_pointer_type_cache", {}).pop(tracked, None)
    _tracked.clear()


def _make(type_: Any) -> Any:
    if not type_.__dictoffset__ or not issubclass(type_, CData):
        return None
    if issubclass(type_, ctypes._SimpleCData):
        attributes = of_simple(type_)
    elif issubclass(type_, ctypes.Array):
        attributes = of_table(type_, lead_to) if is_part(type_._type_) else of_array(type_)
    elif issubclass(type_, ctypes.Structure | ctypes.Union):
        attributes = {name: field(member, lead_to) for name, member in members(type_).items()}
    else:
        return None
    names = {"__module__": type_.__module__, "__qualname__": type_.__qualname__, "__doc__": type_.__doc__}
    made: Any = _kind_of_type(type_)(type_.__name__, (type_,), names)
    size = ctypes.sizeof(type_._type_) if issubclass(type_, ctypes.Array) else 0
    attributes |= {PLACE: Place(0, 0, 0), "_parlab_plain": type_, "_parlab_size": size}
    attributes |= {"__reduce__": _reduce(type_), **exporting(type_)}
    for name, attribute in attributes.items():
        setattr(made, name, attribute)  # ctypes puts `value` and `raw` of its own into the body of arrays of letters
    pointers = pointer_type(type_)
    if hasattr(type(type_), "__pointer_type__"):
        made.__pointer_type__ = pointers
    else:
        vars(ctypes)["_pointer_type_cache"][made] = pointers
    return made


def _kind_of_type(type_: Any) -> Any:
    """A metaclass for which what is made from a tracked type is plain: arrays of it and new objects."""
    own = type(type_)
    namespace = {
        "__mul__": lambda _, length: type_ * length,
        "__rmul__": lambda _, length: type_ * length,
        "__call__": lambda _, *args, **kwargs: type_(*args, **kwargs),
        "__module__": own.__module__,
        "__qualname__": own.__qualname__,
    }
    return type(own.__name__, (own,), namespace)


def _reduce(type_: Any) -> Callable[[Any], Any]:
    """A copy is a plain object with memory of its own."""

    def __reduce__(self: Any) -> Any:
        make, (_, (attributes, data)) = type_.__reduce__(self)
        touch_whole(_READ, self, _getframe(1))
        return make, (type_, ({name: it for name, it in attributes.items() if name not in _OURS}, data))

    return __reduce__


def lead_to(part: Any, block: int, start: int, known: dict[str, Any]) -> None:
    """Track an object that shares the memory of a block; note it where that cannot be done."""
    if not track(part, block, start):
        note(block, Way.OTHER, known)
