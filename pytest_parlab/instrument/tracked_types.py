"""Types of ctypes objects whose accesses are recorded.

For a ctypes type a subclass is made that adds nothing to its layout, so that an object can be given that class while
it is watched and its own again afterwards. The subclass goes by the name of its base; what it overrides calls the
base and records. What an access leads to inside (an element that is a structure, a nested array) gets such a class,
too.

Where an object lies is told by one attribute, `PLACE`: the number of its block, 0 for memory that is not shared; the
index of its first cell; and for an array how far it is from one cell's index to the next.
"""

from __future__ import annotations

import ctypes
import operator
import sys
from collections.abc import Callable, Iterable
from types import FrameType
from typing import Any

from pytest_parlab.instrument import recorder
from pytest_parlab.instrument.blind_spots import PLACE, exporting, note, pointer_type
from pytest_parlab.instrument.layout import (
    CData,
    Member,
    has_fields,
    is_part,
    is_simple,
    is_text,
    leaves,
    members,
    trial,
)
from pytest_parlab.trace.records import Kind, Way

_READ, _WRITE = int(Kind.RAW_READ), int(Kind.RAW_WRITE)
_OURS = (PLACE, "_parlab_noted")
_getframe = sys._getframe
_tracked: dict[type, Any] = {}


def plain_type(type_: Any) -> Any:
    """The ctypes type that a tracked one stands for; any other type itself."""
    return getattr(type_, "_parlab_plain", type_)


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
    thing.__dict__[PLACE] = (block, start, unit or tracked._parlab_size)
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


def touch_part(kind: int, block: int, type_: Any, start: int, frame: FrameType) -> None:
    """Record an access to every leaf of a part of a block."""
    record = recorder.active
    if record is not None and block:
        for offset, _ in leaves(type_, start):
            record.touch(kind, block, offset, frame)


def touch_whole(kind: int, thing: Any, frame: FrameType) -> None:
    """Record an access to all of a tracked object."""
    type_ = plain_type(type(thing))
    if issubclass(type_, ctypes.Array) and not has_fields(type_):
        _touch_elements(kind, thing, range(len(thing)), frame)
    else:
        block, start, _ = thing._parlab_place
        touch_part(kind, block, type_, start, frame)


def _make(type_: Any) -> Any:
    if not type_.__dictoffset__ or not issubclass(type_, CData):
        return None
    if issubclass(type_, ctypes._SimpleCData):
        attributes = _of_simple(type_)
    elif issubclass(type_, ctypes.Array):
        attributes = _of_array(type_)
    elif issubclass(type_, ctypes.Structure | ctypes.Union):
        attributes = {name: _field(member) for name, member in members(type_).items()}
    else:
        return None
    names = {"__module__": type_.__module__, "__qualname__": type_.__qualname__, "__doc__": type_.__doc__}
    made: Any = _kind_of_type(type_)(type_.__name__, (type_,), names)
    size = ctypes.sizeof(type_._type_) if issubclass(type_, ctypes.Array) else 0
    attributes |= {PLACE: (0, 0, 0), "_parlab_plain": type_, "_parlab_size": size}
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


def _of_simple(type_: Any) -> dict[str, Any]:
    get, put, takes = type_.value.__get__, type_.value.__set__, trial(type_)

    def read(self: Any) -> Any:
        result = get(self)
        record = recorder.active
        if record is not None:
            block, start, _ = self._parlab_place
            if block:
                record.touch(_READ, block, start, _getframe(1))
        return result

    def write(self: Any, value: Any) -> None:
        record = recorder.active
        block, start, _ = self._parlab_place
        early = takes(value)
        if record is not None and block and early:
            record.touch(_WRITE, block, start, _getframe(1))
        put(self, value)
        if record is not None and block and not early:
            record.touch(_WRITE, block, start, _getframe(1))

    def __bool__(self: Any) -> bool:
        touch_whole(_READ, self, _getframe(1))
        return type_.__bool__(self)  # type: ignore[no-any-return]

    def __repr__(self: Any) -> str:  # ctypes itself shows the value for its own types alone
        touch_whole(_READ, self, _getframe(1))
        return f"{type_.__name__}({get(self)!r})"

    accessors = {"value": property(read, write), "__bool__": __bool__}
    return {**accessors, "__repr__": __repr__} if is_simple(type_) else accessors


def _of_array(type_: Any) -> dict[str, Any]:
    get, put, element = type_.__getitem__, type_.__setitem__, type_._type_
    parts, length = is_part(element), type_._length_
    takes = trial(element) if not parts else lambda _: False

    def __getitem__(self: Any, i: Any) -> Any:
        result = get(self, i)
        record = recorder.active
        if record is None:
            return result
        block, start, unit = self._parlab_place
        if not block:
            return result
        if parts:
            found = result if isinstance(i, slice) else (result,)
            for index, part in zip(_indexes(i, length), found, strict=True):
                lead_to(part, block, start + index * unit, self.__dict__)
        elif isinstance(i, slice):
            _touch_elements(_READ, self, _indexes(i, length), _getframe(1))
        else:
            index = operator.index(i)
            record.touch(_READ, block, start + (index if index >= 0 else index + length) * unit, _getframe(1))
        return result

    def __setitem__(self: Any, i: Any, value: Any) -> None:
        record = recorder.active
        block, start, unit = self._parlab_place
        if record is not None and block and type(i) is int and -length <= i < length and takes(value):
            record.touch(_WRITE, block, start + (i if i >= 0 else i + length) * unit, _getframe(1))
            put(self, i, value)
            return
        put(self, i, value)
        if record is None or not block:
            return
        if parts:
            for index in _indexes(i, length):
                touch_part(_WRITE, block, element, start + index * unit, _getframe(1))
        elif isinstance(i, slice):
            _touch_elements(_WRITE, self, _indexes(i, length), _getframe(1))
        else:
            index = operator.index(i)
            record.touch(_WRITE, block, start + (index if index >= 0 else index + length) * unit, _getframe(1))

    accessors = {"__getitem__": __getitem__, "__setitem__": __setitem__}
    texts = {name: _text(getattr(type_, name)) for name in ("value", "raw") if hasattr(type_, name)}
    return {**accessors, **texts}


def _indexes(where: Any, length: int) -> Iterable[int]:
    if isinstance(where, slice):
        return range(length)[where]
    return (operator.index(where) % length,)


def _touch_elements(kind: int, array: Any, indexes: Iterable[int], frame: FrameType) -> None:
    record = recorder.active
    block, start, unit = array._parlab_place
    if record is not None and block:
        for index in indexes:
            record.touch(kind, block, start + index * unit, frame)


def _text(descriptor: Any) -> property:
    """All letters of an array as one text."""
    get, put = descriptor.__get__, descriptor.__set__

    def read(self: Any) -> Any:
        result = get(self)
        touch_whole(_READ, self, _getframe(1))
        return result

    def write(self: Any, value: Any) -> None:
        put(self, value)
        touch_whole(_WRITE, self, _getframe(1))

    return property(read, write)


def _field(member: Member) -> property:
    """One field of a structure or union."""
    get, put, offset, type_ = member.field.__get__, member.field.__set__, member.offset, member.type
    part = is_part(type_) and not is_text(type_)
    takes = trial(type_) if is_simple(type_) else lambda _: False

    def read(self: Any) -> Any:
        result = get(self)
        record = recorder.active
        if record is not None:
            block, start, _ = self._parlab_place
            if part:
                lead_to(result, block, start + offset, self.__dict__)
            elif block:
                record.touch(_READ, block, start + offset, _getframe(1))
        return result

    def write(self: Any, value: Any) -> None:
        record = recorder.active
        block, start, _ = self._parlab_place
        early = takes(value)
        if record is not None and block and early:
            record.touch(_WRITE, block, start + offset, _getframe(1))
        put(self, value)
        if record is None or early:
            return
        if part:
            touch_part(_WRITE, block, type_, start + offset, _getframe(1))
        elif block:
            record.touch(_WRITE, block, start + offset, _getframe(1))

    return property(read, write)


def lead_to(part: Any, block: int, start: int, known: dict[str, Any]) -> None:
    """Track an object that shares the memory of a block; note it where that cannot be done."""
    if not track(part, block, start):
        note(block, Way.OTHER, known)
