"""Raw shared memory under control: `RawValue`, `RawArray`, ``lock=False`` and what ``get_obj()`` gives.

Such an object gets a class of its own, a subclass that adds nothing to its layout. That happens only in processes of
a schedule, so nobody has to take it back. What an access leads to inside (a structure in an array, an array in a
structure) gets such a class, too.
"""

from __future__ import annotations

import ctypes
import gc
import operator
import sys
from collections.abc import Callable, Sequence
from functools import wraps
from multiprocessing import heap, sharedctypes
from multiprocessing.process import parent_process
from multiprocessing.reduction import ForkingPickler
from typing import Any

from pytest_parlab.explore.control import controller
from pytest_parlab.explore.control.controller import Controller
from pytest_parlab.explore.operations import WHOLE, Kind, resource_of
from pytest_parlab.instrument.blocks import kind_of, place_behind
from pytest_parlab.instrument.layout import CData, Member, is_part, is_text, members
from pytest_parlab.instrument.patches import Patches

_library: dict[str, Any] = vars(sharedctypes)
_rebuild: Callable[..., Any] = _library["rebuild_ctype"]
_NEW_VALUE = _library["_new_value"].__code__
CODES = {type_: code for code, type_ in _library["typecode_to_type"].items()}
"""The letter that a ctypes type has as a type code."""
_Place = tuple[int, int]
"""Number of the block, and the offset in it, in bytes."""


def install(patches: Patches) -> None:
    """Replace what makes raw memory, and what hands it out."""
    for name in ("RawValue", "RawArray"):
        patches.replace(sharedctypes, name, _made(_library[name]))
    patches.replace(sharedctypes, "rebuild_ctype", _rebuilt(_rebuild))
    base = sharedctypes.SynchronizedBase
    patches.replace(base, "get_obj", _get_obj(base.get_obj))


def older_objects() -> list[Any]:
    """The raw objects that exist now, but for those that belong to a synchronized one."""
    allocated: dict[Any, Any] = vars(heap.BufferWrapper)["_heap"]._allocated_blocks
    if not any(allocated.values()) and parent_process() is None:
        return []  # looking through all objects takes a while
    owned, found = set(), []
    for thing in gc.get_objects():
        if isinstance(thing, sharedctypes.SynchronizedBase):
            owned.add(id(vars(thing).get("_obj")))
        elif issubclass(type(thing), CData):
            wrapper = getattr(thing, "__dict__", {}).get("_wrapper")
            if isinstance(wrapper, heap.BufferWrapper):
                found.append(thing)
    return [thing for thing in found if id(thing) not in owned]


def follow(things: Sequence[Any]) -> None:
    """Follow objects that are older than the schedule, in this process and those that it starts."""
    for thing in things:
        _follow(thing, _place_of(thing))


def plain(thing: Any) -> Any:
    """An object over the same memory whose accesses are nobody's business."""
    type_ = type(thing)
    return _rebuild(type_._parlab_plain, thing._wrapper, None) if hasattr(type_, "_parlab_plain") else thing


def _place_of(raw: Any) -> _Place:
    control = controller.active
    if control is None:
        return (0, 0)
    wrapper = raw._wrapper
    known: tuple[Any, ...] | None = vars(wrapper).get("_parlab_block")
    if known is None or known[0] != control.session:
        known = (control.session, control.slot_named(f"cells {place_behind(wrapper)}"), "", "")
    return (known[1], 0)


def _made(original: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(original)
    def make(typecode_or_type: Any, *args: Any, **kwargs: Any) -> Any:
        made = original(typecode_or_type, *args, **kwargs)
        control = controller.active
        if control is not None:
            kind = kind_of(original.__name__, typecode_or_type)
            _, number, _, place = made._wrapper._parlab_block
            made._wrapper._parlab_block = (control.session, number, kind, place)
        return made

    return make


def _rebuilt(original: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(original)
    def rebuild_ctype(type_: Any, wrapper: Any, length: int | None) -> Any:
        made = original(type_, wrapper, length)
        control = controller.active
        if control is not None:
            if sys._getframe(1).f_code is _NEW_VALUE:
                kind = kind_of("RawValue", CODES.get(type_, type_))
                wrapper._parlab_block = (control.session, control.new_slot(), kind, control.made_at())
            _follow(made, _place_of(made))
        return made

    return rebuild_ctype


def _get_obj(original: Callable[[Any], Any]) -> Callable[[Any], Any]:
    @wraps(original)
    def get_obj(self: Any) -> Any:
        given = original(self)
        if controller.active is None:
            return given
        handed_out = vars(self).get("_parlab_raw")
        if handed_out is None:
            handed_out = self._parlab_raw = _rebuild(type(given), given._wrapper, None)
            _follow(handed_out, (_place_of(given)[0], 0))
        return handed_out

    return get_obj


def _follow(thing: Any, place: _Place) -> None:
    type_ = type(thing)
    if not hasattr(type_, "_parlab_plain") and place[0]:
        followed = _followed(type_)
        if followed is not None:
            thing.__class__ = followed
            thing._parlab_place = place


def touch(thing: Any, kind: Kind, offset: int) -> Controller | None:
    """Wait until a part of an object may be accessed; `WHOLE` stands for all of it. None outside a schedule."""
    control = controller.active
    if control is not None:
        number, start = thing._parlab_place
        index = WHOLE if offset == WHOLE else start + offset
        control.point(kind, resource_of(number, index), described(thing), changes=kind is Kind.WRITE)
    return control


def described(thing: Any) -> str:
    """What a reader knows it as."""
    wrapper = getattr(thing, "_wrapper", None)
    known: tuple[Any, ...] | None = None if wrapper is None else vars(wrapper).get("_parlab_block")
    if known is not None and known[2]:
        return f"{known[2]}{known[3]}"
    type_ = type(thing)
    return f"shared {getattr(type_, '_parlab_plain', type_).__name__}"


_classes: dict[Any, Any] = {}


def _followed(type_: Any) -> Any:
    """A subclass of a ctypes type whose accesses are scheduling points; None where there can be none."""
    if type_ not in _classes:
        _classes[type_] = _make(type_)
    return _classes[type_]


def _make(type_: Any) -> Any:
    if not type_.__dictoffset__:
        return None
    attributes: dict[str, Any]
    if issubclass(type_, ctypes._SimpleCData):
        attributes = {"value": _attribute(type_.value, 0, type_, "")}
    elif issubclass(type_, ctypes.Array):
        attributes = {
            "__getitem__": _item(type_, Kind.READ),
            "__setitem__": _item(type_, Kind.WRITE),
            **{
                name: _attribute(getattr(type_, name), WHOLE, type_, "")
                for name in ("value", "raw")
                if hasattr(type_, name)
            },
        }
    elif issubclass(type_, ctypes.Structure | ctypes.Union):
        attributes = {name: _field(name, member) for name, member in members(type_).items()}
    else:
        return None
    made: Any = type(type_)(
        type_.__name__, (type_,), {"__module__": type_.__module__, "__qualname__": type_.__qualname__}
    )
    made._parlab_plain = type_
    made._parlab_place = (0, 0)
    for name, attribute in attributes.items():
        setattr(made, name, attribute)  # ctypes puts some of its own into the body
    ForkingPickler.register(made, _reduce)
    return made


def _reduce(thing: Any) -> tuple[Any, ...]:
    type_ = type(thing)._parlab_plain
    if issubclass(type_, ctypes.Array):
        return _arrived, (type_._type_, thing._wrapper, type_._length_)
    return _arrived, (type_, thing._wrapper, None)


def _arrived(type_: Any, wrapper: Any, length: int | None) -> Any:
    return sharedctypes.rebuild_ctype(type_, wrapper, length)  # type: ignore[attr-defined]


def _attribute(descriptor: Any, offset: int, type_: Any, name: str) -> property:
    get, put = descriptor.__get__, descriptor.__set__
    part = is_part(type_) and not is_text(type_) and bool(name)
    shown = f" .{name}" if name else ""

    def read(self: Any) -> Any:
        if part:
            inner = get(self)
            number, start = self._parlab_place
            _follow(inner, (number, start + offset))
            return inner
        control = touch(self, Kind.READ, offset)
        value = get(self)
        if control is not None:
            control.tell(f"reads{shown}", described(self), value)
        return value

    def write(self: Any, value: Any) -> None:
        control = touch(self, Kind.WRITE, WHOLE if part else offset)
        put(self, value)
        if control is not None:
            control.tell(f"writes{shown}", described(self), value)

    return property(read, write)


def _field(name: str, member: Member) -> property:
    return _attribute(member.field, member.offset, member.type, name)


def _item(type_: Any, kind: Kind) -> Callable[..., Any]:
    original = getattr(type_, "__getitem__" if kind is Kind.READ else "__setitem__")
    size, length = ctypes.sizeof(type_._type_), type_._length_
    part = is_part(type_._type_)

    def access(self: Any, i: Any, *value: Any) -> Any:
        if controller.active is None:
            return original(self, i, *value)
        if isinstance(i, slice):
            offset = WHOLE
        else:
            index = operator.index(i)
            if not -length <= index < length:
                raise IndexError("invalid index")
            offset = (index % length) * size
        if part and kind is Kind.READ and offset != WHOLE:
            inner = original(self, i)
            number, start = self._parlab_place
            _follow(inner, (number, start + offset))
            return inner
        control = touch(self, kind, offset)
        result = original(self, i, *value)
        if control is not None:
            verb, shown = ("reads", result) if kind is Kind.READ else ("writes", value[0])
            control.tell(verb if offset == WHOLE else f"{verb} [{i}]:", described(self), shown)
        return result

    return access
