"""How the attributes of tracked objects access memory that has no lock of its own, and have that recorded.

Such memory is read before that is recorded, and written afterwards, for whoever sees the new value must find the
record of it; a write that is refused is not recorded. While nothing is recorded an accessor only passes on.

An access that was met before, after the same one as before and with nothing synchronised since, takes a short way: it
is counted in the accessor's own frame (`nodes` says what may follow what), and made by a plain object over the same
memory.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

from pytest_parlab.instrument import recorder
from pytest_parlab.instrument.layout import Member, is_part, is_simple, is_text, trial
from pytest_parlab.instrument.nodes import NO_CELL, NO_STEP, Cell
from pytest_parlab.instrument.places import Place, indexes, plain_type, touch_elements, touch_part, touch_whole
from pytest_parlab.trace.records import Kind

_READ, _WRITE = int(Kind.RAW_READ), int(Kind.RAW_WRITE)
_getframe, _addressof = sys._getframe, ctypes.addressof  # the latter is hooked itself
Lead = Callable[[Any, int, int, dict[str, Any]], None]
"""What is done with an object that shares the memory: object, block, its first cell, attributes of its owner."""


def of_simple(type_: Any) -> dict[str, Any]:
    """The attributes of a number, a letter or a pointer."""
    get, put, takes, direct = type_.value.__get__, type_.value.__set__, trial(type_), is_simple(type_)

    def read(self: Any) -> Any:
        record = recorder.active
        if record is None:
            return get(self)
        place = self._parlab_place
        cell, frame = place.cell, _getframe(1)
        if cell.stamp is record.lone.stamp:
            try:
                node = cell.node.follow[frame.f_lasti]
            except KeyError:
                node = NO_CELL.node
            if node.code is frame.f_code:
                result = place.plain.value
                node.count += 1
                cell.node = node
                return result
        result = get(self)
        touch(record, _READ, self, frame)
        return result

    def write(self: Any, value: Any) -> None:
        record = recorder.active
        if record is None:
            put(self, value)
            return
        place = self._parlab_place
        cell, frame = place.cell, _getframe(1)
        if cell.stamp is record.lone.stamp:
            try:
                node = cell.node.follow[frame.f_lasti + 1]
            except KeyError:
                node = NO_CELL.node
            if node.code is frame.f_code:
                place.plain.value = value
                node.count += 1
                cell.node = node
                return
        early = takes(value)
        if not early:
            put(self, value)
        touch(record, _WRITE, self, frame)
        if early:
            put(self, value)

    def touch(record: recorder.Recorder, kind: int, self: Any, frame: FrameType) -> None:
        place = self._parlab_place
        if place.block:
            cell = record.touch(kind, place.block, place.start, frame)
            if direct:
                _keep(place, self, cell)

    def __bool__(self: Any) -> bool:
        touch_whole(_READ, self, _getframe(1))
        return type_.__bool__(self)  # type: ignore[no-any-return]

    def __repr__(self: Any) -> str:  # ctypes itself shows the value for its own types alone
        touch_whole(_READ, self, _getframe(1))
        return f"{type_.__name__}({get(self)!r})"

    accessors = {"value": property(read, write), "__bool__": __bool__}
    return {**accessors, "__repr__": __repr__} if direct else accessors


def _keep(place: Place, thing: Any, cell: Cell) -> None:
    """Have at hand what the short way needs."""
    place.cell = cell
    place.plain = place.plain or plain_type(type(thing)).from_address(_addressof(thing))


def of_array(type_: Any) -> dict[str, Any]:
    """The attributes of an array of numbers, letters or pointers."""
    get, put, length = type_.__getitem__, type_.__setitem__, type_._length_
    takes = trial(type_._type_)
    direct = get is ctypes.Array.__getitem__ and put is ctypes.Array.__setitem__

    def __getitem__(self: Any, i: Any) -> Any:
        record = recorder.active
        if record is None:
            return get(self, i)
        place, frame = self._parlab_place, _getframe(1)
        try:
            cell = place.cells.get(i, NO_CELL)
            if cell.stamp is record.lone.stamp:
                node, recorded = cell.node.steps[frame.f_lasti]
                if node.code is frame.f_code and i in recorded:
                    result = place.plain[i]
                    node.count += 1
                    cell.node = node
                    return result
        except (KeyError, TypeError):  # not met before, or no index
            pass
        result = get(self, i)
        touch(record, _READ, self, i, frame)
        return result

    def __setitem__(self: Any, i: Any, value: Any) -> None:
        record = recorder.active
        if record is None:
            put(self, i, value)
            return
        place, frame = self._parlab_place, _getframe(1)
        try:
            cell = place.cells.get(i, NO_CELL)
            if cell.stamp is record.lone.stamp:
                node, recorded = cell.node.steps[frame.f_lasti + 1]
                if node.code is frame.f_code and i in recorded:
                    place.plain[i] = value
                    node.count += 1
                    cell.node = node
                    return
        except (KeyError, TypeError):  # the same, or the value is refused
            pass
        early = type(i) is int and -length <= i < length and takes(value)
        if not early:
            put(self, i, value)
        touch(record, _WRITE, self, i, frame)
        if early:
            put(self, i, value)

    def touch(record: recorder.Recorder, kind: int, self: Any, i: Any, frame: FrameType) -> None:
        touch_elements(kind, self, indexes(i, length), frame)
        place = self._parlab_place
        if direct and place.block and place.unit == 1 and not place.start:
            place.cells = record.here().fold(place.block).cells
            _keep(place, self, NO_CELL)

    texts = {name: _text(getattr(type_, name)) for name in ("value", "raw") if hasattr(type_, name)}
    return {"__getitem__": __getitem__, "__setitem__": __setitem__, **texts}


def of_table(type_: Any, lead_to: Lead) -> dict[str, Any]:
    """The attributes of an array of structures, unions or arrays."""
    get, put, element, length = type_.__getitem__, type_.__setitem__, type_._type_, type_._length_

    def __getitem__(self: Any, i: Any) -> Any:
        result = get(self, i)
        place = self._parlab_place
        if recorder.active is not None and place.block:
            found = result if isinstance(i, slice) else (result,)
            for index, part in zip(indexes(i, length), found, strict=True):
                lead_to(part, place.block, place.start + index * place.unit, self.__dict__)
        return result

    def __setitem__(self: Any, i: Any, value: Any) -> None:
        put(self, i, value)
        place = self._parlab_place
        if recorder.active is not None and place.block:
            for index in indexes(i, length):
                touch_part(_WRITE, place.block, element, place.start + index * place.unit, _getframe(1))

    return {"__getitem__": __getitem__, "__setitem__": __setitem__}


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


def field(member: Member, lead_to: Lead) -> property:
    """One field of a structure or union."""
    get, put, offset, type_ = member.field.__get__, member.field.__set__, member.offset, member.type
    part = is_part(type_) and not is_text(type_)
    takes = trial(type_) if is_simple(type_) else lambda _: False

    def read(self: Any) -> Any:
        record = recorder.active
        if record is None:
            return get(self)
        place, frame = self._parlab_place, _getframe(1)
        index = place.start + offset
        cell = place.cells.get(index, NO_CELL)
        if cell.stamp is record.lone.stamp:
            node, recorded = cell.node.steps.get(frame.f_lasti, NO_STEP)
            if node.code is frame.f_code and index in recorded:
                node.count += 1
                cell.node = node
                return get(self)
        result = get(self)
        if part:
            lead_to(result, place.block, index, self.__dict__)
        else:
            touch(record, _READ, place, frame)
        return result

    def write(self: Any, value: Any) -> None:
        record = recorder.active
        if record is None:
            put(self, value)
            return
        place, frame = self._parlab_place, _getframe(1)
        index = place.start + offset
        cell = place.cells.get(index, NO_CELL)
        if cell.stamp is record.lone.stamp:
            node, recorded = cell.node.steps.get(frame.f_lasti + 1, NO_STEP)
            if node.code is frame.f_code and index in recorded:
                put(self, value)
                node.count += 1
                cell.node = node
                return
        early = takes(value)
        if not early:
            put(self, value)
        if part:
            touch_part(_WRITE, place.block, type_, index, frame)
        else:
            touch(record, _WRITE, place, frame)
        if early:
            put(self, value)

    def touch(record: recorder.Recorder, kind: int, place: Place, frame: FrameType) -> None:
        if place.block:
            fold = record.here().fold(place.block)
            fold.access(record, kind, place.start + offset, frame, None, 0)
            place.cells = fold.cells

    return property(read, write)
