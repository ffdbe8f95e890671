"""Buffers, pointers and addresses of watched memory are noted, and nothing else is."""

from __future__ import annotations

import ctypes
import gc
import multiprocessing
import sys
from collections.abc import Callable
from ctypes import pointer  # imported before any watch is opened
from multiprocessing import RawArray, RawValue, spawn
from multiprocessing.context import BaseContext
from types import ModuleType
from typing import Any

import pytest

from pytest_parlab.instrument import watching
from tests.unit.instrument import programs, raw_programs
from tests.unit.instrument.raw_programs import Point

BUFFER = "accesses through a buffer of it (memoryview, bytes, numpy)"
POINTER = "accesses through a pointer to it or its address"
exports_tell = pytest.mark.skipif(sys.version_info < (3, 12), reason="a class cannot say how it is exported")


def noted(sentences: tuple[str, ...]) -> list[tuple[str, str]]:
    """Of what, and how."""
    pairs = []
    for sentence in sentences:
        assert sentence.count(__file__) == 2, sentence
        kind, _, rest = sentence.partition(" created at ")
        pairs.append((kind, rest.partition(": ")[2].partition(", taken")[0]))
    return pairs


@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("pointer", ()),
        ("byref", ()),
        ("addressof", ()),
        ("cast", (ctypes.c_void_p,)),
        ("memset", (0, 4)),
        ("memmove", (b"abcd", 4)),
        ("string_at", (4,)),
        ("wstring_at", (0,)),
    ],
)
def test_a_pointer_to_watched_memory_is_noted(name: str, more: tuple[Any, ...]) -> None:
    with watching() as watch:
        way = vars(ctypes)[name]
        way(RawArray("i", 2), *more)
        way(ctypes.create_string_buffer(8), *more)
        pointer((ctypes.c_int * 2)())
    assert noted(watch.trace.untracked) == [("RawArray('i')", POINTER)]


def test_a_pointer_is_noted_also_by_the_function_that_was_imported_earlier() -> None:
    with watching() as watch:
        assert pointer(RawValue("i", 4))[0] == 4
    assert noted(watch.trace.untracked) == [("RawValue('i')", POINTER)]


@exports_tell
@pytest.mark.parametrize("way", [memoryview, bytes, ctypes.c_int.from_buffer])
def test_a_buffer_of_watched_memory_is_noted(way: Callable[[Any], Any]) -> None:
    with watching() as watch:
        array = RawArray("i", 2)
        for _ in range(3):
            way(array)
        way(multiprocessing.Value("i", 1).get_obj())
        way(RawArray(Point, 2)[1])
        way((ctypes.c_int * 2)())
    assert noted(watch.trace.untracked) == [
        (kind, BUFFER) for kind in ("RawArray('i')", "Value('i')", "RawArray(Point)")
    ]


def test_numpy_views_are_noted_on_every_version(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stand-in that takes buffers the way that numpy does; it is imported while the watch is open."""
    numpy = ModuleType("numpy")
    exec("def frombuffer(thing, dtype=None):\n    return memoryview(thing)", vars(numpy))  # noqa: S102 - its own globals
    original = vars(numpy)["frombuffer"]
    with watching() as watch:
        monkeypatch.setitem(sys.modules, "numpy", numpy)
        array: Any = multiprocessing.Array("d", 4)
        raw = array.get_obj()
        view = vars(numpy)["frombuffer"](raw)
        line = sys._getframe().f_lineno - 1
        vars(numpy)["frombuffer"](bytearray(8))
        assert len(view) == 4
    assert noted(watch.trace.untracked) == [("Array('d')", BUFFER)]
    assert f"taken at {__file__}:{line}, are not seen" in watch.trace.untracked[0]
    assert vars(numpy)["frombuffer"] is original


def test_numpy_itself_works_on_watched_memory() -> None:
    numpy = pytest.importorskip("numpy")
    with watching() as watch:
        array: Any = multiprocessing.Array("d", 4)
        numpy.frombuffer(array.get_obj())[1] = 2.5
        view = numpy.ctypeslib.as_array(RawArray("i", [1, 2, 3]))
        assert (array[1], view.sum(), str(view.dtype)) == (2.5, 6, "int32")
    assert [what for _, what in noted(watch.trace.untracked)] == [BUFFER] * 2


def test_memory_that_is_only_accessed_by_index_is_not_mentioned(context: BaseContext) -> None:
    with watching() as watch:
        value, array, point = context.RawValue("i", 1), context.RawArray("i", 2), context.RawValue(Point)
        programs.run_all(context, (programs.add, value), (programs.add_to_items, array))
        point.x += 1
        assert array == array  # noqa: PLR0124 - comparison looks at no memory
        repr(array)
        gc.collect()
    assert watch.trace.untracked == ()


def test_each_watch_is_told_of_its_own() -> None:
    with watching() as outer:
        value = RawValue("i", 0)
        ctypes.byref(value)
        for _ in range(2):
            with watching() as inner:
                ctypes.byref(value)
                ctypes.byref(value)
            assert noted(inner.trace.untracked) == [("RawValue('i')", POINTER)]
    assert noted(outer.trace.untracked) == [("RawValue('i')", POINTER)]


def test_a_process_that_was_started_past_the_hooks_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = spawn.get_preparation_data
    with watching() as watch, monkeypatch.context() as patch:
        patch.setattr(spawn, "get_preparation_data", plain)
        context = multiprocessing.get_context("spawn")
        (process,) = programs.run_all(context, (raw_programs.add, context.RawValue("i", 0)))
    (sentence,) = watch.trace.untracked
    assert sentence == (
        f"{process.name} (pid {process.pid}) started at {watch.trace.processes[1].start_site}: it ended with exit "
        "code 0, and nothing that it did was seen; start it the way that multiprocessing itself does"
    )
    assert programs.__file__ in sentence


def _point_at(value: Any) -> None:
    ctypes.pointer(value)[0] = 3


def test_what_a_child_does_is_noted(context: BaseContext) -> None:
    with watching() as watch:
        value = context.RawValue("i", 0)
        programs.run_all(context, (_point_at, value))
        assert value.value == 3
    assert noted(watch.trace.untracked) == [("RawValue('i')", POINTER)]
