"""Hooks in raw shared memory: `RawValue`, `RawArray`, ``lock=False``, and what ``get_obj()`` gives.

Such an object is given a tracked class (`tracked_types`) where it is made, where it arrives in a child, or, if it is
older than the watch, when the watch is opened; when the last watch ends it gets its own class back.

A synchronized object keeps a plain object for its own hooks to read; ``get_obj()`` gives another one over the same
memory, which is tracked. Afterwards that one stays, for the user may have it.
"""

from __future__ import annotations

import ctypes
import gc
import sys
import weakref
from collections.abc import Callable
from functools import wraps
from multiprocessing import context, heap, process, sharedctypes
from multiprocessing.reduction import ForkingPickler
from typing import Any

from pytest_parlab.instrument import blocks, recorder, structures, tracked_types
from pytest_parlab.instrument.blind_spots import is_tracked, look_for_numpy, note
from pytest_parlab.instrument.layout import CData, has_fields, shape
from pytest_parlab.instrument.patches import Patches
from pytest_parlab.instrument.places import plain_type, touch_whole
from pytest_parlab.trace.records import Kind, Way

_READ = int(Kind.RAW_READ)
_HANDED_OUT = "_parlab_raw"
_library: dict[str, Any] = vars(sharedctypes)
_rebuild: Callable[..., Any] = _library["rebuild_ctype"]
_CODES = {type_: code for code, type_ in _library["typecode_to_type"].items()}
_SYNCHRONIZED_MAKERS = frozenset(_library[maker].__code__ for maker in ("Value", "Array"))
_MAKERS = {_library[maker].__code__: maker for maker in ("RawValue", "RawArray", "copy")}
_addressof = ctypes.addressof
_tracked: dict[int, weakref.ref[Any]] = {}
_owners: dict[int, weakref.ref[Any]] = {}
_registered: set[Any] = set()


def install(patches: Patches) -> None:
    """Hook creation and ``get_obj``, and track what exists already."""
    patches.afterwards(_put_back)
    for maker in ("RawValue", "RawArray"):
        patches.replace(sharedctypes, maker, _made(_library[maker], maker))
    patches.replace(sharedctypes, "copy", _copied(_library["copy"]))
    patches.replace(sharedctypes, "_new_value", _new(_library["_new_value"]))
    patches.replace(sharedctypes, "synchronized", _synchronized(_library["synchronized"], patches))
    base = sharedctypes.SynchronizedBase
    patches.replace(base, "get_obj", _get_obj(base.get_obj))
    if recorder.active is not None and _may_be_older():
        _track_older(recorder.active, patches)


def begin(record: recorder.Recorder, raw: Any, kind: str) -> None:
    """Record that raw memory was made, and have its accesses recorded."""
    block = blocks.created(record, blocks.place_behind(raw._wrapper), kind, shape(type(raw)))
    if not _track(raw, block):
        note(block, Way.OTHER, raw.__dict__)


def _track(raw: Any, block: int) -> bool:
    """Track an object that is a whole block."""
    look_for_numpy()
    type_ = type(raw)
    cells = issubclass(type_, ctypes.Array) and not has_fields(type_)
    if not tracked_types.track(raw, block, unit=1 if cells else 0):
        return False
    _remember(_tracked, raw)
    if type(raw) not in _registered:
        _registered.add(type(raw))
        ForkingPickler.register(type(raw), _reduce)
    return True


def _remember(where: dict[int, weakref.ref[Any]], thing: Any) -> None:
    """Keep a weak reference by identity: ctypes objects have no hash."""
    key = id(thing)
    where[key] = weakref.ref(thing, lambda _: where.pop(key, None))


def _twin(raw: Any) -> Any:
    """A plain object over the memory of another."""
    wrapper = raw.__dict__.get("_wrapper")
    if wrapper is not None:
        return _rebuild(plain_type(type(raw)), wrapper, None)
    twin = plain_type(type(raw)).from_address(_addressof(raw))  # a part of a block
    twin._parlab_keeps = raw
    return twin


def _made(original: Callable[..., Any], maker: str) -> Callable[..., Any]:
    @wraps(original)
    def make(typecode_or_type: Any, *args: Any, **kwargs: Any) -> Any:
        made = original(typecode_or_type, *args, **kwargs)
        record = recorder.active
        if record is not None and sys._getframe(1).f_code not in _SYNCHRONIZED_MAKERS:
            begin(record, made, blocks.kind_of(maker, typecode_or_type))
        return made

    return make


def _new(original: Callable[[Any], Any]) -> Callable[[Any], Any]:
    @wraps(original)
    def _new_value(type_: Any) -> Any:
        made = original(type_)
        record = recorder.active
        maker = sys._getframe(1)
        name = _MAKERS.get(maker.f_code)
        asked = maker.f_back
        if record is not None and name is not None and asked is not None and asked.f_globals is not globals():
            cells = getattr(type_, "_type_", type_) if name == "RawArray" else type_
            begin(record, made, blocks.kind_of(name, _CODES.get(cells, type_)))  # its name was imported before
        return made

    return _new_value


def _copied(original: Callable[[Any], Any]) -> Callable[[Any], Any]:
    @wraps(original)
    def copy(obj: Any) -> Any:
        record = recorder.active
        tracked = is_tracked(obj)
        made = original(_twin(obj) if tracked else obj)
        if record is not None:
            if tracked:
                touch_whole(_READ, obj, sys._getframe(1))
            begin(record, made, blocks.kind_of("copy", type(made)))
        return made

    return copy


def _synchronized(original: Callable[..., Any], patches: Patches) -> Callable[..., Any]:
    @wraps(original)
    def synchronized(obj: Any, *args: Any, **kwargs: Any) -> Any:
        if not is_tracked(obj):
            made = original(obj, *args, **kwargs)
        else:
            made = original(_twin(obj), *args, **kwargs)
            vars(made)[_HANDED_OUT] = obj
            _remember(_owners, made)
        if structures.adopt(made, patches):
            _remember(_owners, made)
        return made

    return synchronized


def _get_obj(original: Callable[[Any], Any]) -> Callable[[Any], Any]:
    @wraps(original)
    def get_obj(self: Any) -> Any:
        given = vars(self).get(_HANDED_OUT)
        if given is None:
            given = original(self)
            if recorder.active is not None and hasattr(given, "_wrapper"):
                given = _hand_out(self, given)
        return given

    return get_obj


def _hand_out(owner: Any, own: Any) -> Any:
    """Make what `get_obj` gives while something is watched: the same object each time."""
    block = blocks.block_number(owner)
    twin = _twin(own)
    for name, attribute in own.__dict__.items():
        twin.__dict__.setdefault(name, attribute)
    if not _track(twin, block):
        note(block, Way.OTHER, vars(owner))
        return own
    _remember(_owners, owner)
    return vars(owner).setdefault(_HANDED_OUT, twin)


def _reduce(raw: Any) -> tuple[Any, ...]:
    """Pickle raw memory for a child; it is tracked there if the child records."""
    context.assert_spawning(raw)
    type_ = plain_type(type(raw))
    if issubclass(type_, ctypes.Array):
        return arrived, (type_._type_, raw._wrapper, type_._length_)
    return arrived, (type_, raw._wrapper, None)


def arrived(type_: Any, wrapper: Any, length: int | None) -> Any:
    """Make the object that stands for raw memory of another process."""
    raw = _rebuild(type_, wrapper, length)
    if recorder.active is not None:
        _track(raw, blocks.number_behind(wrapper))
    return raw


def _may_be_older() -> bool:
    """Tell whether there may be shared memory that is older than the watch: looking for it takes a while."""
    reducers: dict[Any, Any] = vars(ForkingPickler)["_extra_reducers"]
    if _library["reduce_ctype"] not in reducers.values():
        return False
    allocated: dict[Any, Any] = vars(heap.BufferWrapper)["_heap"]._allocated_blocks
    return any(allocated.values()) or process.parent_process() is not None


def _track_older(record: recorder.Recorder, patches: Patches) -> None:
    found, owners = [], []
    for thing in gc.get_objects():
        if issubclass(type(thing), sharedctypes.SynchronizedBase):
            owners.append(thing)
        elif issubclass(type(thing), CData) and not is_tracked(thing):
            wrapper = getattr(thing, "__dict__", {}).get("_wrapper")
            if isinstance(wrapper, heap.BufferWrapper):
                found.append(thing)
    owned = {id(vars(owner)["_obj"]) for owner in owners if "_obj" in vars(owner)}
    for raw in found:
        block = blocks.number_behind(raw._wrapper)
        if id(raw) not in owned:
            record.describe("block", block, kind=_kind(type(raw)), site=0, **shape(type(raw)))
        _track(raw, block)
    for owner in owners:
        own = vars(owner).get("_obj")
        if is_tracked(own):
            owner._obj = _twin(own)
            vars(owner)[_HANDED_OUT] = own
            vars(owner).pop("_parlab_handle", None)
            _remember(_owners, owner)
        if structures.adopt(owner, patches):
            _remember(_owners, owner)


def _kind(type_: Any) -> str:
    if issubclass(type_, ctypes.Array):
        return blocks.kind_of("RawArray", _CODES.get(type_._type_, type_._type_))
    return blocks.kind_of("RawValue", _CODES.get(type_, type_))


def _put_back() -> None:
    """Everything that is tracked gets its own class again."""
    for reference in list(_tracked.values()):
        raw = reference()
        if raw is not None:
            tracked_types.untrack(raw)
    for reference in list(_owners.values()):
        owner = reference()
        if owner is not None:
            structures.give_back(owner)
            if _HANDED_OUT in vars(owner):
                owner._obj = vars(owner).pop(_HANDED_OUT)
                vars(owner).pop("_parlab_handle", None)
    for type_ in _registered:
        vars(ForkingPickler)["_extra_reducers"].pop(type_, None)
    for known in (_tracked, _owners, _registered):
        known.clear()
    tracked_types.forget_types()
