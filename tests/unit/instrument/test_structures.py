"""Structures in shared memory: each field is a cell of its own, with its name, through the lock or past it."""

from __future__ import annotations

import ctypes
import multiprocessing
from multiprocessing import sharedctypes
from multiprocessing.context import BaseContext
from typing import Any

import pytest

from pytest_parlab.analysis.races import find_races
from pytest_parlab.instrument import watching
from tests.unit.instrument import programs, raw_programs
from tests.unit.instrument.raw_programs import Point, Record, Small
from tests.unit.instrument.test_raw_memory import seen


def test_fields_of_a_synchronized_structure_are_seen_and_numbered(context: BaseContext) -> None:
    with watching() as watch:
        point: Any = context.Value(Point, 1.0, 2.0)
        programs.run_all(context, *[(raw_programs.move_one, point)] * 2)
        assert point.y == 2.0
    assert sorted(seen(watch.trace)) == [
        *[("read", "Value(Point).x", False)] * 2,
        ("read", "Value(Point).y", False),
        *[("write", "Value(Point).x", False)] * 2,
    ]
    assert sorted(access.version for access in watch.trace.accesses if access.kind == "write") == [0, 1]
    (race,) = find_races(watch.trace)
    assert (race.kind, race.first.path) == ("lost-update", raw_programs.__file__)


def test_elements_of_synchronized_and_raw_arrays_of_structures_are_seen(context: BaseContext) -> None:
    with watching() as watch:
        locked, raw = context.Array(Point, 2), context.RawArray(Point, 2)
        programs.run_all(context, (raw_programs.move_all, locked), (raw_programs.move_all, raw))
        assert [raw[1].x, raw[1].y, locked[1].x] == [1.0, 2.0, 1.0]
    of_children = [one for one, access in zip(seen(watch.trace), watch.trace.accesses, strict=True) if access.strand]
    assert sorted(of_children) == sorted(
        (kind, f"{maker}(Point)[{index}]{field}", True)
        for maker in ("Array", "RawArray")
        for index in range(2)
        for kind, field in (("read", ".x"), ("write", ".x"), ("write", ".y"))
    )
    assert watch.trace.untracked == ()


def test_two_fields_are_two_cells() -> None:
    """One process for each field: nothing is shared but the bytes between them."""
    with watching() as watch:
        context = multiprocessing.get_context()
        points = context.RawArray(Point, 2)
        programs.run_all(context, *[(raw_programs.move_one, points[index]) for index in range(2)])
    assert find_races(watch.trace) == ()


def test_a_whole_structure_that_is_written_is_all_its_fields() -> None:
    with watching() as watch:
        locked: Any = multiprocessing.Array(Point, 2)
        raw = multiprocessing.RawArray(Point, 2)
        locked[1] = (1.0, 2.0)
        locked[0:2] = [Point(1, 1), Point(2, 2)]
        raw[0] = Point(3, 3)
        assert [point.x for point in locked[0:2]] == [1.0, 2.0]
    writes = [one[1:] for one in seen(watch.trace) if one[0] == "write"]
    assert writes == [
        *[(f"Array(Point)[{index}].{field}", False) for index in (1, 0, 1) for field in "xy"],
        *[(f"RawArray(Point)[0].{field}", True) for field in "xy"],
    ]


def test_every_sort_of_field_has_its_name() -> None:
    with watching() as watch:
        record: Any = multiprocessing.RawArray(Record, 2)[1]
        record.point.y = 1.0
        record.history[2] = 5
        record.name = b"abc"
        record.count += 1
        record.small.value = 3
        record.number.whole = 66
        record.high = 2
        record.point = Point(1, 2)
        record.history[0:2] = [1, 2]
    assert [cell.removeprefix("RawArray(Record)[1]") for kind, cell, _ in seen(watch.trace) if kind == "write"] == [
        ".point.y",
        ".history[2]",
        ".name",
        ".count",
        ".small",
        ".number.whole and .number.letters",
        ".low and .high",
        ".point.x",
        ".point.y",
        ".history[0]",
        ".history[1]",
    ]


def test_parts_of_a_synchronized_structure_are_accessed_past_its_lock() -> None:
    with watching() as watch:
        record: Any = multiprocessing.Value(Record)
        record.point.x = 1.0
        record.history[1] += 2
        record.point = Point(5, 6)
        record.name = b"abc"
        assert record.name == b"abc"
    assert seen(watch.trace) == [
        ("write", "Value(Record).point.x", True),
        ("read", "Value(Record).history[1]", True),
        ("write", "Value(Record).history[1]", True),
        ("write", "Value(Record).point.x", False),
        ("write", "Value(Record).point.y", False),
        ("write", "Value(Record).name", False),
        ("read", "Value(Record).name", False),
    ]


def test_tables_and_numbers_of_the_users_own_kind_are_seen() -> None:
    with watching() as watch:
        table = multiprocessing.RawArray(ctypes.c_int * 3, 2)
        table[1][-1] = 7
        smalls: Any = multiprocessing.RawArray(Small, 2)
        smalls[1].value += 1
        small: Any = multiprocessing.RawValue(Small, 1)
        assert small.value == 1
    assert [one[:2] for one in seen(watch.trace)] == [
        ("write", "RawArray(c_int_Array_3)[1][2]"),
        ("read", "RawArray(Small)[1]"),
        ("write", "RawArray(Small)[1]"),
        ("read", "RawValue(Small)"),
    ]


def test_structures_older_than_the_watch_are_seen_and_are_their_own_again() -> None:
    point: Any = multiprocessing.Value(Point)
    points: Any = multiprocessing.Array(Point, 2)
    generated = type(point).__dict__["x"]
    with watching() as watch:
        assert type(point).__dict__["x"] is not generated
        point.x = 1.0
        points[1].y = 2.0
        assert isinstance(points, sharedctypes.SynchronizedArray)
        assert (type(points).__name__, repr(points)[:30]) == ("SynchronizedArray", "<SynchronizedArray wrapper for")
    assert [(access.kind, access.cell[1], access.raw) for access in watch.trace.accesses] == [
        ("write", 0, False),
        ("write", 24, True),
    ]
    assert type(point).__dict__["x"] is generated
    assert type(points) is sharedctypes.SynchronizedArray
    assert (point.x, points[1].y) == (1.0, 2.0)


def test_a_synchronized_array_of_structures_refuses_what_it_refuses_without_a_watch() -> None:
    with watching() as watch:
        points: Any = multiprocessing.Array(Point, 2)
        with pytest.raises(IndexError, match="invalid index"):
            points[2]
        with pytest.raises(TypeError):
            points[0] = 1
        assert points.get_lock().acquire(timeout=1.0)
        points.get_lock().release()
        assert len(points) == 2
    assert watch.trace.accesses == ()


class _Narrow:
    """A lock of the user's that knows no more than it must."""

    def __init__(self) -> None:
        lock = multiprocessing.Lock()
        self.acquire, self.release = lock.acquire, lock.release


def test_a_lock_that_can_only_be_acquired_and_released_is_enough_for_a_field() -> None:
    with watching() as watch:
        point: Any = multiprocessing.Value(Point, lock=_Narrow())  # type: ignore[call-overload]
        point.x = 1.0
        assert point.x == 1.0
    assert [one for one in seen(watch.trace) if "Point" in one[1]] == [
        ("write", "Value(Point).x", False),
        ("read", "Value(Point).x", False),
    ]


def test_classes_that_are_generated_under_a_watch_are_plain_afterwards() -> None:
    class Fresh(ctypes.Structure):
        _fields_ = (("x", ctypes.c_int),)

    with watching() as watch:
        fresh: Any = multiprocessing.Value(Fresh)
        fresh.x = 1
    assert len(watch.trace.accesses) == 1
    assert type(fresh).__dict__["x"] is vars(sharedctypes)["prop_cache"]["x"]
    fresh.x = 2
    assert fresh.x == 2
