"""Raw shared memory is seen under every start method, whenever it was made, and is its own again afterwards."""

from __future__ import annotations

import ctypes
import gc
import multiprocessing
import sys
import weakref
from multiprocessing import RawArray, RawValue, sharedctypes  # imported before any watch is opened
from multiprocessing.context import BaseContext
from multiprocessing.reduction import ForkingPickler
from typing import Any

import pytest

from pytest_parlab.analysis.races import find_races
from pytest_parlab.instrument import watching
from pytest_parlab.trace.model import Trace
from tests.unit.instrument import programs, raw_programs
from tests.unit.instrument.raw_programs import Point

OLDER = RawArray("i", 3)
"""Made when this module was imported."""


def seen(trace: Trace) -> list[tuple[str, str, bool]]:
    """Every access: its kind, which cell of what, and whether it went past all locks of the block."""
    blocks = {block.id: block for block in trace.blocks}
    return [
        (access.kind, blocks[access.cell[0]].kind + blocks[access.cell[0]].part(access.cell[1]), access.raw)
        for access in trace.accesses
    ]


def test_raw_values_and_arrays_are_seen_in_every_process(context: BaseContext) -> None:
    with watching() as watch:
        value, array = context.RawValue("i", 0), context.RawArray("d", 2)
        programs.run_all(context, (raw_programs.add, value), (raw_programs.add_to_each, array))
        assert (value.value, list(array)) == (1, [1.0, 1.0])
    of_children = [one for one, access in zip(seen(watch.trace), watch.trace.accesses, strict=True) if access.strand]
    assert sorted(of_children) == sorted(
        [
            *[(kind, "RawValue('i')", True) for kind in ("read", "write")],
            *[(kind, f"RawArray('d')[{index}]", True) for index in range(2) for kind in ("read", "write")],
        ]
    )
    assert {access.version for access in watch.trace.accesses} == {0}
    assert {access.site.function for access in watch.trace.accesses if access.strand} == {"add", "add_to_each"}
    assert [(block.kind, block.length) for block in watch.trace.blocks] == [
        ("RawValue('i')", 1),
        ("RawArray('d')", 2),
    ]
    assert all(block.site is not None and block.site.path == __file__ for block in watch.trace.blocks)
    assert watch.trace.untracked == watch.trace.problems == ()


def test_memory_made_without_a_lock_is_seen(context: BaseContext) -> None:
    with watching() as watch:
        value: Any = context.Value("i", lock=False)
        array: Any = context.Array("i", 2, lock=False)
        copied = sharedctypes.copy(array)
        programs.run_all(context, (raw_programs.add, value), (raw_programs.add_to_each, copied))
        array[1] = 5
    children = [one for one, access in zip(seen(watch.trace), watch.trace.accesses, strict=True) if access.strand]
    assert sorted(children) == sorted(
        [
            *[(kind, "Value('i')", True) for kind in ("read", "write")],
            *[(kind, f"copy(c_int_Array_2)[{index}]", True) for index in range(2) for kind in ("read", "write")],
        ]
    )
    assert ("write", "Array('i')[1]", True) in seen(watch.trace)


def test_a_lost_update_of_raw_memory_is_found_and_its_guarded_twin_is_not(context: BaseContext) -> None:
    with watching() as racy:
        value: Any = context.RawValue("i", 0)
        programs.run_all(context, *[(raw_programs.add, value, 3)] * 2)
    with watching() as clean:
        value, lock = context.RawValue("i", 0), context.Lock()
        programs.run_all(context, *[(programs.add_locked, value, lock, 3)] * 2)
    (race,) = find_races(racy.trace)
    assert {race.first.path, race.second.path} == {raw_programs.__file__}
    assert find_races(clean.trace) == ()


def test_the_object_behind_a_value_is_told_apart_from_the_value(context: BaseContext) -> None:
    with watching() as watch:
        value: Any = context.Value("i", 0)
        raw = value.get_obj()
        assert value.get_obj() is raw
        programs.run_all(context, (raw_programs.add_past_the_lock, value))
        assert raw.value == value.value == 2
    assert value.get_obj() is raw
    assert type(raw) is ctypes.c_int
    assert seen(watch.trace) == [
        *[("read", "Value('i')", True), ("write", "Value('i')", True)],
        *[("read", "Value('i')", False), ("write", "Value('i')", False)],
        *[("read", "Value('i')", True), ("read", "Value('i')", False)],
    ]
    raw.value = 7
    assert value.value == 7


def test_what_is_made_synchronized_later_is_seen_on_both_sides() -> None:
    with watching() as watch:
        raw = RawValue("i", 3)
        value: Any = sharedctypes.synchronized(raw)
        assert value.get_obj() is raw
        raw.value = 4
        assert value.value == 4
    assert value.get_obj() is raw
    assert seen(watch.trace) == [("write", "RawValue('i')", True), ("read", "RawValue('i')", False)]


def test_memory_older_than_the_watch_is_seen_and_is_its_own_again_afterwards() -> None:
    own = type(OLDER)
    value: Any = multiprocessing.Value("i", 0)
    raw: Any = value.get_obj()
    fork = multiprocessing.get_context("fork")
    with watching() as watch:
        assert isinstance(OLDER, own)
        programs.run_all(fork, (raw_programs.add_to_each, OLDER), (raw_programs.add, raw))
        assert value.get_obj() is raw
        assert value.value == 1
        assert OLDER[-1] > 0
    assert type(OLDER) is own
    assert value.get_obj() is raw
    assert type(raw) is ctypes.c_int
    assert set(vars(OLDER)) == set(vars(raw)) == {"_wrapper"}
    blocks = {block.id: (block.kind, block.length, block.site) for block in watch.trace.blocks}
    assert sorted(blocks.values(), key=str) == [
        ("RawArray('i')", 3, None),
        ("shared memory older than the watch", 1, None),
    ]
    assert [(access.kind, access.raw) for access in watch.trace.accesses if blocks[access.cell[0]][1] == 1] == [
        ("read", True),
        ("write", True),
        ("read", False),
    ]


def test_a_process_that_got_raw_memory_before_any_watch_sees_it_in_its_own(context: BaseContext) -> None:
    value, results = context.RawValue("i", 0), context.SimpleQueue()
    programs.run_all(context, (programs.watch_a_lock, context.Lock(), value, results))
    assert results.get() == ([1, 2], [1, 1], ())


def test_memory_that_is_used_again_is_another_block() -> None:
    with watching() as watch:
        for _ in range(2):
            value = RawValue("i", 0)
            value.value = 1
            del value
    assert len({access.cell[0] for access in watch.trace.accesses}) == 2


def test_what_outlives_the_watch_works_and_is_not_recorded() -> None:
    with watching() as first:
        value, points = RawValue("i", 1), RawArray(Point, 2)
        point = points[1]
    value.value += 1
    point.x = 3.0
    assert (value.value, points[1].x, repr(value)) == (2, 3.0, "c_int(2)")
    assert first.trace.accesses == ()
    assert (type(value), type(points[1])) == (ctypes.c_int, Point)
    with watching() as second:
        point.x = 4.0
        value.value = 5
    assert [access.kind for access in second.trace.accesses] == ["write", "write"]


def test_inner_watches_see_their_part() -> None:
    with watching() as outer:
        value = RawValue("i", 0)
        value.value = 1
        with watching() as inner:
            value.value = 2
        value.value = 3
    assert [len(watch.trace.accesses) for watch in (inner, outer)] == [1, 3]
    assert [block.kind for block in inner.trace.blocks] == ["RawValue('i')"]


def test_nothing_of_the_types_is_left_when_the_watch_is_over() -> None:
    def registered() -> set[Any]:
        return {type_ for type_ in vars(ForkingPickler)["_extra_reducers"] if "_parlab_place" in vars(type_)}

    with watching():
        value = RawValue("i", 0)
        tracked = weakref.ref(type(value))
        ctypes.pointer(value)
        assert type(value) in registered()
    assert registered() == set()
    gc.collect()
    assert tracked() is None


def test_raw_memory_is_not_kept_alive() -> None:
    with watching():
        value = RawValue("i", 0)
        gone = weakref.ref(value)
        del value
        assert gone() is None
        held = multiprocessing.Value("i", 0)
        gone = weakref.ref(held.get_obj())
        del held
        gc.collect()
        assert gone() is None


def test_raw_memory_is_shared_by_inheritance_only() -> None:
    with watching():
        value = RawValue("i", 0)
        message = "c_int objects should only be shared between processes through inheritance"
        with pytest.raises(RuntimeError, match=message):
            ForkingPickler.dumps(value)


def test_a_child_finds_what_it_expects(context: BaseContext) -> None:
    with watching():
        array, results = context.RawArray("i", [1, 2, 3]), context.SimpleQueue()
        programs.run_all(context, (raw_programs.look_at, array, results))
        assert results.get() == ("c_int_Array_3", 3, [1, 2, 3])


def test_memory_whose_type_cannot_be_followed_is_named() -> None:
    with watching() as watch:
        RawValue(ctypes.POINTER(ctypes.c_int))
        line = sys._getframe().f_lineno - 1
    assert watch.trace.untracked == (
        (
            f"RawValue(LP_c_int) created at {__file__}:{line}: accesses to an object inside it whose type cannot be "
            f"followed, taken at {__file__}:{line}, are not seen; share plain numbers, structures of them or arrays"
        ),
    )
