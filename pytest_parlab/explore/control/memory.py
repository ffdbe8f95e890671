"""Values and Arrays under control: an access is one operation, and waits while another has the object's lock."""

from __future__ import annotations

import ctypes
import operator
from collections.abc import Callable
from functools import wraps
from multiprocessing import heap, sharedctypes
from multiprocessing.synchronize import SemLock
from typing import Any

from pytest_parlab.explore.control import controller
from pytest_parlab.explore.control.controller import Controller
from pytest_parlab.explore.control.layout import Needs
from pytest_parlab.explore.control.locks import slot_of
from pytest_parlab.explore.control.raw import CODES, plain
from pytest_parlab.explore.operations import WHOLE, Kind, resource_of
from pytest_parlab.instrument.blocks import kind_of, place_behind
from pytest_parlab.instrument.patches import Patches

_BLOCK_BITS, _CELL_BITS = 12, 20
_LAST_CELL = (1 << _CELL_BITS) - 1


def install(patches: Patches) -> None:
    """Replace what reads and writes."""
    single, text, array = sharedctypes.Synchronized, sharedctypes.SynchronizedString, sharedctypes.SynchronizedArray
    patches.replace(sharedctypes.SynchronizedBase, "__init__", _made(sharedctypes.SynchronizedBase.__init__))
    patches.replace(heap.BufferWrapper, "__init__", _allocated(heap.BufferWrapper.__init__))
    patches.replace(single, "value", _property(vars(single)["value"], "value"))
    for name in ("value", "raw"):
        patches.replace(text, name, _property(vars(text)[name], name))
    for name, kind in (("__getitem__", Kind.READ), ("__setitem__", Kind.WRITE)):
        patches.replace(array, name, _item(vars(array)[name], kind))
    for name, kind in (("__getslice__", Kind.READ), ("__setslice__", Kind.WRITE)):
        patches.replace(array, name, _slice(vars(array)[name], kind))


def _allocated(original: Callable[..., None]) -> Callable[..., None]:
    @wraps(original)
    def __init__(self: Any, size: int) -> None:
        control = controller.active
        if control is None or control.repeater is None:
            original(self, size)
        else:
            block = control.repeater.make(("memory", size), lambda: vars(heap.BufferWrapper)["_heap"].malloc(size))
            self._state = (block, size)

    return __init__


def _made(original: Callable[..., None]) -> Callable[..., None]:
    @wraps(original)
    def __init__(self: Any, obj: Any, *args: Any, **kwargs: Any) -> None:
        control = controller.active
        original(self, obj if control is None else plain(obj), *args, **kwargs)
        if control is not None:
            number, _, made = _block(control, obj)
            self._parlab_kind, self._parlab_made = kind_behind(plain(obj)), made
            self._parlab_cells = (control.session, number)

    return __init__


def _block(control: Controller, shared: Any) -> tuple[int, str, str]:
    """Number, kind and place of the memory behind a ctypes object; they travel with its wrapper."""
    wrapper = shared._wrapper
    known: tuple[str, int, str, str] | None = vars(wrapper).get("_parlab_block")
    if known is None or known[0] != control.session:
        known = (control.session, control.new_slot(), kind_behind(shared), control.made_at())
        wrapper._parlab_block = known
    return known[1:]


def kind_behind(shared: Any) -> str:
    """How the memory behind a ctypes object was asked for, as a reader knows it."""
    type_: Any = type(shared)
    if issubclass(type_, ctypes.Array):
        return kind_of("Array", CODES.get(type_._type_, type_._type_))
    return kind_of("Value", CODES.get(type_, type_))


def cells_of(synchronized: Any, control: Controller) -> tuple[int, int]:
    """The slot of the lock of a synchronized object (0 if it is no lock of `multiprocessing`), and its block."""
    known: tuple[str, int] | None = vars(synchronized).get("_parlab_cells")
    if known is None or known[0] != control.session:
        number = control.slot_named(f"cells {place_behind(synchronized._obj._wrapper)}")
        known = synchronized._parlab_cells = (control.session, number)
        synchronized._parlab_kind = kind_behind(synchronized._obj)
    lock = synchronized._lock
    return (slot_of(lock, control) if isinstance(lock, SemLock) else 0), known[1]


def touch(control: Controller, synchronized: Any, kind: Kind, index: int) -> None:
    """Wait until a cell may be accessed; `WHOLE` stands for all cells."""
    lock, block = cells_of(synchronized, control)
    if index != WHOLE:  # all objects under one lock are parts of one resource, as whoever has it keeps out all others
        index = (block & (1 << _BLOCK_BITS) - 1) << _CELL_BITS | min(index, _LAST_CELL - 1)
    needs = Needs.FREE if lock else Needs.NOTHING
    changes = kind is Kind.WRITE
    control.point(kind, resource_of(lock or block, index), synchronized, changes=changes, needs=needs, first=lock)


def _property(original: property, name: str) -> property:
    whole = name != "value" or original is not vars(sharedctypes.Synchronized)["value"]
    get: Any = original.fget
    put: Any = original.fset

    def read(self: Any) -> Any:
        control = controller.active
        if control is None:
            return get(self)
        touch(control, self, Kind.READ, WHOLE if whole else 0)
        value = getattr(self._obj, name)
        control.tell("reads", self, value)
        return value

    def write(self: Any, value: Any) -> None:
        control = controller.active
        if control is None:
            put(self, value)
            return
        touch(control, self, Kind.WRITE, WHOLE if whole else 0)
        setattr(self._obj, name, value)
        control.tell("writes", self, value)

    return property(read, write)


def _item(original: Callable[..., Any], kind: Kind) -> Callable[..., Any]:
    @wraps(original)
    def access(self: Any, i: Any, *value: Any) -> Any:
        control = controller.active
        if control is None:
            return original(self, i, *value)
        index = WHOLE if isinstance(i, slice) else operator.index(i)
        length = len(self._obj)
        if index != WHOLE and not -length <= index < length:
            raise IndexError("invalid index")
        touch(control, self, kind, index if index >= 0 else index + length)
        if kind is Kind.READ:
            found = self._obj[i]
            control.tell(f"reads [{i}]:" if index != WHOLE else "reads", self, found)
            return found
        self._obj[i] = value[0]
        control.tell(f"writes [{i}]:" if index != WHOLE else "writes", self, value[0])
        return None

    return access


def _slice(original: Callable[..., Any], kind: Kind) -> Callable[..., Any]:
    @wraps(original)
    def access(self: Any, start: int, stop: int, *values: Any) -> Any:
        control = controller.active
        if control is None:
            return original(self, start, stop, *values)
        touch(control, self, kind, WHOLE)
        if kind is Kind.READ:
            return self._obj[start:stop]
        self._obj[start:stop] = values[0]
        return None

    return access


def contents() -> list[tuple[memoryview, bytes]]:
    """What the shared memory holds that exists now."""
    blocks: dict[Any, Any] = vars(heap.BufferWrapper)["_heap"]._allocated_blocks
    views = [memoryview(arena.buffer)[start:stop] for arena, parts in blocks.items() for start, stop in parts]
    return [(view, bytes(view)) for view in views]


def restore(before: list[tuple[memoryview, bytes]]) -> None:
    """Put it back: a schedule begins as the first one did."""
    for view, data in before:
        view[:] = data
