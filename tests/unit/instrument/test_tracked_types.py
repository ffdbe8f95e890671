"""A tracked object is to its user what a plain one is: compared side by side, with and without a watch."""

from __future__ import annotations

import copy
import ctypes
import operator
import sys
import weakref
from collections.abc import Callable
from ctypes import pointer  # imported before any watch is opened
from multiprocessing import RawArray, RawValue, sharedctypes
from typing import Any

import pytest

from pytest_parlab.instrument import watching
from pytest_parlab.instrument.blind_spots import is_tracked
from tests.unit.instrument.raw_programs import Number, Point, Record, Small

MAKERS: dict[str, Callable[[], Any]] = {
    "int": lambda: RawValue("i", 5),
    "double": lambda: RawValue("d", 2.5),
    "letter": lambda: RawValue("c", b"x"),
    "bool": lambda: RawValue(ctypes.c_bool, True),  # noqa: FBT003 - the value itself
    "small": lambda: RawValue(Small, 7),
    "point": lambda: RawValue(Point, 1.0, 2.0),
    "record": lambda: RawValue(Record, 1.0, 2.0, b"name"),
    "number": lambda: RawValue(Number, 66),
    "ints": lambda: RawArray("i", [1, 2, 3]),
    "letters": lambda: RawArray("c", b"abc"),
    "wide letters": lambda: RawArray("u", "abc"),
    "points": lambda: RawArray(Point, [(1.0, 2.0), (3.0, 4.0)]),
    "smalls": lambda: RawArray(Small, [1, 2]),
    "table": lambda: RawArray(ctypes.c_int * 2, 3),
}
ARRAYS = ("ints", "letters", "wide letters", "points", "smalls", "table")


def without_address(text: str) -> str:
    return text.partition(" at 0x")[0]


def content(thing: Any) -> Any:
    """What ctypes reads in an object's memory, as plain data; bytes where it is no number."""
    return ctypes.string_at(ctypes.addressof(thing), ctypes.sizeof(thing))


def facts(thing: Any) -> dict[str, Any]:
    """What a user can ask of any ctypes object."""
    cls = type(thing)
    return {
        "name": (cls.__name__, cls.__qualname__, cls.__module__, cls.__doc__),
        "repr": without_address(repr(thing)),
        "str": without_address(str(thing)),
        "bool": bool(thing),
        "size": (ctypes.sizeof(thing), ctypes.sizeof(cls), ctypes.alignment(thing)),
        "content": content(thing),
        "class": [getattr(cls, name, None) for name in ("_type_", "_length_", "_fields_", "_anonymous_")],
        "public": [name for name in dir(thing) if "parlab" not in name and name != "__buffer__"],
        "buffer": (memoryview(thing).format, memoryview(thing).shape, memoryview(thing).readonly, bytes(thing)),
        "pointer": (without_address(str(pointer(thing))), content(pointer(thing).contents)),
        "length": len(thing) if hasattr(thing, "__len__") else None,
        "times": (cls * 2).__name__,
        "hash": _error(hash, thing),
        "call": without_address(repr(cls())),
    }


def _error(function: Callable[..., Any], *arguments: Any) -> tuple[type, str] | None:
    try:
        function(*arguments)
    except Exception as error:  # noqa: BLE001 - which one is the question
        return type(error), str(error)
    return None


@pytest.mark.parametrize("name", MAKERS)
def test_everything_that_can_be_asked_has_the_plain_answer(name: str) -> None:
    plain = MAKERS[name]()
    own, expected = type(plain), facts(plain)
    with watching():
        tracked = MAKERS[name]()
        assert is_tracked(tracked)
        assert facts(tracked) == expected
        assert isinstance(tracked, own)
        assert type(tracked) is not own
        assert facts(plain) == expected  # it is older than the watch
        weakref.ref(tracked)
    assert type(tracked) is type(plain) is own
    assert facts(tracked) == expected
    assert set(vars(tracked)) == set(vars(plain)) == {"_wrapper"}


@pytest.mark.parametrize("name", ARRAYS)
@pytest.mark.parametrize(
    "where", [0, -1, 1, slice(None), slice(0, 2), slice(None, None, -1), slice(2, 1), 9, -9, "a", 1.5, None]
)
def test_an_element_is_what_it_is_without_a_watch(name: str, where: Any) -> None:
    """The same element, or the same refusal."""

    def taken(array: Any) -> Any:
        try:
            found = array[where]
        except Exception as error:  # noqa: BLE001 - which one is the question
            return type(error), str(error)
        elements = found if isinstance(found, list) else [found]
        return [
            (type(one).__name__, bytes(one)) if hasattr(one, "_b_base_") else (type(one).__name__, one)
            for one in elements
        ]

    expected = taken(MAKERS[name]())
    with watching():
        assert taken(MAKERS[name]()) == expected


@pytest.mark.parametrize(
    ("name", "where", "value"),
    [
        ("ints", 1, 9),
        ("ints", slice(0, 2), [7, 8]),
        ("ints", slice(0, 2), [7]),
        ("ints", 3, 1),
        ("ints", 0, "text"),
        ("letters", 0, b"z"),
        ("letters", slice(1, 3), b"yz"),
        ("points", 0, (5.0, 6.0)),
        ("points", 1, Point(7.0, 8.0)),
        ("points", 0, 1),
        ("points", slice(0, 2), [Point(1, 1), Point(2, 2)]),
        ("table", 0, (1, 2)),
        ("smalls", 0, 4),
        ("smalls", 0, Small(4)),
    ],
)
def test_an_element_is_set_or_refused_as_without_a_watch(name: str, where: Any, value: Any) -> None:
    plain = MAKERS[name]()
    expected = _error(operator.setitem, plain, where, value)
    with watching() as watch:
        tracked = MAKERS[name]()
        assert _error(operator.setitem, tracked, where, value) == expected
        assert content(tracked) == content(plain)
    assert bool(watch.trace.accesses) == (expected is None)


def test_every_field_is_read_and_set_as_without_a_watch() -> None:
    changes: dict[str, Any] = {
        "x": 4.0,
        "name": b"other",
        "point": Point(5.0, 6.0),
        "history": (1, 2, 3),
        "count": 7,
        "flag": True,
        "low": 3,
        "high": -2,
        "small": 11,
        "missing": 1,
    }
    plain = RawValue(Record)
    with watching():
        tracked = RawValue(Record)
        for field, value in changes.items():
            assert _error(setattr, tracked, field, value) == _error(setattr, plain, field, value)
            assert content(tracked) == content(plain)
        assert _error(setattr, tracked, "x", "text") == _error(setattr, plain, "x", "text")
        assert (tracked.x, tracked.name, tracked.count, tracked.low, tracked.high) == (4.0, b"other", 7, 3, -2)
        assert (tracked.point.y, list(tracked.history), tracked.flag, tracked.small.value) == (
            6.0,
            [1, 2, 3],
            True,
            11,
        )
        tracked.number.letters = b"ABCD"
        assert tracked.number.whole == int.from_bytes(b"ABCD", sys.byteorder)
        tracked.move()
        assert tracked.x == 5.0


def test_foreign_functions_take_it_as_they_take_a_plain_one() -> None:
    double = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_int))(lambda at: at[0] * 2)
    plus = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int)(lambda number: number + 1)
    with watching():
        value, array = RawValue("i", 21), RawArray("i", [4, 5])
        assert double(value) == double(ctypes.byref(value)) == double(pointer(value)) == 42
        assert double(array) == 8
        assert plus(value) == 22
        assert ctypes.cast(array, ctypes.POINTER(ctypes.c_int))[1] == 5
        assert isinstance(pointer(value), ctypes.POINTER(ctypes.c_int))
        assert ctypes.c_int.from_buffer(value).value == 21
        assert Point.from_buffer_copy(RawValue(Point, 1, 2)).y == 2
        holder = ctypes.POINTER(ctypes.c_int)()
        holder.contents = value
        assert holder[0] == 21


def test_a_copy_has_memory_of_its_own_and_is_not_recorded() -> None:
    with watching() as watch:
        value, point = RawValue("i", 5), RawArray(Point, 1)[0]
        for copied in (copy.copy(value), copy.deepcopy(ctypes.c_int.from_buffer_copy(value))):
            assert (type(copied), copied.value) == (ctypes.c_int, 5)
            copied.value = 6
        assert type(copy.copy(point)) is Point
        assert value.value == 5
        again = sharedctypes.copy(value)
        again.value = 9
        assert value.value == 5
    assert [access.kind for access in watch.trace.accesses].count("write") == 1


def test_what_is_copied_is_read_as_a_whole() -> None:
    with watching() as watch:
        copy.copy(RawValue(Point, 1, 2))
        sharedctypes.copy(RawArray("i", 2))
        sharedctypes.copy(RawArray(Point, 2)[1])
    assert [(access.kind, access.cell[1]) for access in watch.trace.accesses] == [
        *[("read", offset) for offset in (0, 8)],
        *[("read", index) for index in (0, 1)],
        *[("read", offset) for offset in (16, 24)],
    ]


def test_comparison_and_identity_are_those_of_ctypes() -> None:
    with watching():
        value, points = RawValue("i", 5), RawArray(Point, 2)
        assert value == value  # noqa: PLR0124 - the question
        assert value != RawValue("i", 5)
        assert points[0] is not points[0]  # each access makes an object
        part: Any = points[1]
        assert part._b_base_ is points


def test_an_object_that_has_no_room_for_attributes_is_left_as_it_is_and_named() -> None:
    class Bare(ctypes.Structure):
        __slots__ = ()
        _fields_ = (("x", ctypes.c_int),)

    with watching() as watch:
        array = RawArray(Bare, 2)
        array[1].x = 3
        assert array[1].x == 3
    (sentence,) = watch.trace.untracked
    assert ": accesses to an object inside it whose type cannot be followed, taken at " in sentence
    assert watch.trace.accesses == ()
