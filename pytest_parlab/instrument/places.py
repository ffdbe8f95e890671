"""Where tracked objects lie, and how an access to several cells of theirs is recorded."""

from __future__ import annotations

import ctypes
import operator
from types import FrameType
from typing import Any

from pytest_parlab.instrument import recorder
from pytest_parlab.instrument.layout import has_fields, leaves
from pytest_parlab.instrument.nodes import NO_CELL, Cell


class Place:
    """Where a tracked object lies, and what a short way to it needs.

    Args:
        block: Number of its block; 0 for memory that is not shared.
        start: Index of its first cell.
        unit: For an array, from one cell's index to the next.

    Attributes:
        plain: An object of its own class over the same memory; None until it is needed.
        cell: What is known of the one cell of a number.
        cells: What is known of the cells of its block.
    """

    __slots__ = ("block", "cell", "cells", "plain", "start", "unit")

    def __init__(self, block: int, start: int, unit: int) -> None:
        self.block = block
        self.start = start
        self.unit = unit
        self.plain: Any = None
        self.cell = NO_CELL
        self.cells: dict[int, Cell] = {}


def plain_type(type_: Any) -> Any:
    """The ctypes type that a tracked one stands for; any other type itself."""
    return getattr(type_, "_parlab_plain", type_)


def touch_part(kind: int, block: int, type_: Any, start: int, frame: FrameType) -> None:
    """Record an access to every leaf of a part of a block."""
    record = recorder.active
    if record is not None and block:
        fold = record.here().fold(block)
        for offset, _ in leaves(type_, start):
            fold.access(record, kind, offset, frame, None, 0)


def touch_whole(kind: int, thing: Any, frame: FrameType) -> None:
    """Record an access to all of a tracked object."""
    type_ = plain_type(type(thing))
    if issubclass(type_, ctypes.Array) and not has_fields(type_):
        touch_elements(kind, thing, range(len(thing)), frame)
    else:
        touch_part(kind, thing._parlab_place.block, type_, thing._parlab_place.start, frame)


def indexes(where: Any, length: int) -> range:
    """The indexes that an index or a slice stands for, in an array of so many elements."""
    if isinstance(where, slice):
        return range(length)[where]
    index = operator.index(where) % length
    return range(index, index + 1)


def touch_elements(kind: int, array: Any, which: range, frame: FrameType) -> None:
    """Record an access to some elements of an array whose elements are numbers, letters or pointers."""
    record = recorder.active
    place = array._parlab_place
    if record is not None and place.block:
        start, unit = place.start, place.unit
        cells = range(start + which.start * unit, start + which.stop * unit, which.step * unit)
        record.here().fold(place.block).sweep(record, kind, cells, frame, None)
