"""Programs on raw shared memory, importable so that they run under every start method."""

from __future__ import annotations

import ctypes
from typing import Any


class Point(ctypes.Structure):
    _fields_ = (("x", ctypes.c_double), ("y", ctypes.c_double))

    def move(self) -> None:
        self.x += 1


class Inner(ctypes.Structure):
    _fields_ = (("count", ctypes.c_int), ("flag", ctypes.c_bool))


class Number(ctypes.Union):
    _fields_ = (("whole", ctypes.c_int), ("letters", ctypes.c_char * 4))


class Small(ctypes.c_int):
    """A type that is not turned into a Python number by access."""


_FIELDS: Any = (
    ("name", ctypes.c_char * 8),
    ("point", Point),
    ("history", ctypes.c_int * 3),
    ("unnamed", Inner),
    ("number", Number),
    ("low", ctypes.c_int, 4),
    ("high", ctypes.c_int, 4),
    ("small", Small),
)


class Record(Point):
    """Every sort of field, beside those that it inherits."""

    _anonymous_ = ("unnamed",)
    _fields_ = _FIELDS


def add(value: Any, times: int = 1) -> None:
    for _ in range(times):
        value.value += 1


def add_to_each(items: Any) -> None:
    for index in range(len(items)):
        items[index] += 1


def add_past_the_lock(value: Any) -> None:
    raw = value.get_obj()
    raw.value += 1
    value.value += 1


def move_all(points: Any) -> None:
    for point in points:
        point.x += 1
        point.y = 2.0


def move_one(point: Any) -> None:
    point.x += 1


def look_at(items: Any, results: Any) -> None:
    """What a child finds, and that it finds it in the types that it expects."""
    results.put((type(items).__name__, len(items), list(items)))
