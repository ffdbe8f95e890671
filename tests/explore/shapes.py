"""Shared memory of other shapes: structures, strings, arrays that are walked through or copied."""

from __future__ import annotations

import ctypes
from typing import Any

from tests.explore.litmus import NO, YES, gives, together


class _Point(ctypes.Structure):
    _fields_ = (("x", ctypes.c_int), ("y", ctypes.c_int))


def _add_to_field(point: Any, field: str) -> None:
    setattr(point, field, getattr(point, field) + 1)


@gives((1, 1))
def two_add_to_two_fields(context: Any) -> tuple[int, int]:
    point = context.Value(_Point, 0, 0)
    together(*(context.Process(target=_add_to_field, args=(point, field)) for field in ("x", "y")))
    return point.x, point.y


@gives(1, 2)
def two_add_to_one_field(context: Any) -> int:
    point = context.Value(_Point, 0, 0)
    together(*(context.Process(target=_add_to_field, args=(point, "y")) for _ in range(2)))
    return int(point.y)


@gives(1, 2)
def two_add_to_a_field_without_a_lock(context: Any) -> int:
    point = context.RawValue(_Point, 0, 0)
    together(*(context.Process(target=_add_to_field, args=(point, "y")) for _ in range(2)))
    return int(point.y)


def _move(point: Any) -> None:
    point.x = 1
    point.y = 1


@gives((0, 0), (1, 0), (1, 1), (0, 1))
def a_point_is_seen_half_moved(context: Any) -> tuple[int, int]:
    """Whoever reads x before it moves may read y after."""
    point = context.Value(_Point, 0, 0)
    process = context.Process(target=_move, args=(point,))
    process.start()
    seen = point.x, point.y
    process.join()
    return seen


def _move_guarded(point: Any) -> None:
    with point.get_lock():
        point.x = 1
        point.y = 1


@gives((0, 0), (1, 1))
def a_point_moves_under_its_lock(context: Any) -> tuple[int, int]:
    point = context.Value(_Point, 0, 0)
    process = context.Process(target=_move_guarded, args=(point,))
    process.start()
    with point.get_lock():
        seen = point.x, point.y
    process.join()
    return seen


def _rename(name: Any) -> None:
    name.value = b"new"


@gives(b"old", b"new")
def a_string_is_one_access(context: Any) -> bytes:
    name = context.Array("c", b"old")
    process = context.Process(target=_rename, args=(name,))
    process.start()
    seen = bytes(name.value)
    process.join()
    return seen


def _write_up(array: Any) -> None:
    for index in range(len(array)):
        array[index] = 1


@gives((0, 0), (1, 0), (1, 1), (0, 1))
def walking_through_an_array_takes_a_step_for_each_item(context: Any) -> tuple[int, ...]:
    array = context.Array("i", 2)
    process = context.Process(target=_write_up, args=(array,))
    process.start()
    seen = tuple(array)
    process.join()
    return seen


@gives(0, 1, 2)
def the_sum_of_an_array(context: Any) -> int:
    array = context.Array("i", 2)
    process = context.Process(target=_write_up, args=(array,))
    process.start()
    seen = int(sum(array))
    process.join()
    return seen


def _write_down(array: Any) -> None:
    for index in reversed(range(len(array))):
        array[index] = 1


@gives((0, 0), (0, 1), (1, 1))
def an_array_that_is_written_against_the_walk(context: Any) -> tuple[int, ...]:
    """Who finds the first item written finds the last one written as well."""
    array = context.RawArray("i", 2)
    process = context.Process(target=_write_down, args=(array,))
    process.start()
    seen = array[0], array[1]
    process.join()
    return seen


def _add_to_first(array: Any) -> None:
    array[0] += 1


@gives((1, 5), (2, 5))
def a_copy_of_an_array_is_another_array(context: Any) -> tuple[int, int]:
    array = context.Array("i", 2)
    mine = array[:]
    mine[1] = 5
    together(*(context.Process(target=_add_to_first, args=(array,)) for _ in range(2)))
    return int(array[0]), int(mine[1])


@gives(YES, NO)
def two_objects_over_one_lock(context: Any) -> bool:
    """A value that is given a lock uses it: the reader waits, but for one of the two only."""
    lock = context.RLock()
    first, second = context.Value("i", 0, lock=lock), context.Value("i", 0, lock=lock)
    process = context.Process(target=_move_both, args=(lock, first, second))
    process.start()
    seen = bool(second.value)
    process.join()
    return seen


def _move_both(lock: Any, first: Any, second: Any) -> None:
    with lock:
        first.value = 1
        second.value = 1


@gives((0, 0), (0, 1), (1, 1))
def two_values_over_one_lock_are_never_seen_half_written(context: Any) -> tuple[int, int]:
    """A read between the two writes would wait for the lock; one before and one after them can be."""
    lock = context.RLock()
    first, second = context.Value("i", 0, lock=lock), context.Value("i", 0, lock=lock)
    process = context.Process(target=_move_both, args=(lock, first, second))
    process.start()
    seen = int(first.value), int(second.value)
    process.join()
    return seen


def _add_to_double(value: Any) -> None:
    value.value += 0.5


@gives(0.5, 1.0)
def two_add_to_a_float(context: Any) -> float:
    value = context.Value("d", 0.0)
    together(*(context.Process(target=_add_to_double, args=(value,)) for _ in range(2)))
    return float(value.value)
