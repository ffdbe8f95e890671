"""What is folded and what is not: each access that can matter is recorded once, with what came before it."""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import sys
from multiprocessing import Array, Lock, RawValue, Value
from typing import Any

import pytest

from pytest_parlab.instrument import folding, recorder, watching
from pytest_parlab.trace.counters import Counters
from pytest_parlab.trace.model import Access, Trace, happens_before
from tests.unit.instrument import programs


def content(raw: Any) -> int:
    return int.from_bytes(ctypes.string_at(ctypes.addressof(raw), ctypes.sizeof(raw)), sys.byteorder)


def lines_of(trace: Trace, function: str) -> list[Access]:
    return [access for access in trace.accesses if access.site.function == function]


def _add(value: Any, times: int) -> None:
    for _ in range(times):
        value.value += 1


def _add_once_locked(value: Any, lock: Any) -> None:
    with lock:
        value.value += 1


def test_what_follows_many_alike_accesses_comes_after_the_last_of_them() -> None:
    """The accesses in between were only counted, and the cell is as the last of them left it."""
    with watching() as watch:
        value, lock = Value("i", 0), Lock()
        _add(value, 10)
        _add_once_locked(value, lock)
    read, _ = lines_of(watch.trace, "_add_once_locked")
    assert read.previous is not None
    assert (read.previous.kind, read.previous.site.function) == ("write", "_add")
    assert read.broken_by is None
    assert read.version == 10


def test_a_repeated_write_says_which_version_its_last_one_made() -> None:
    with watching() as watch:
        value = Value("i", 0)
        _add(value, 10)
        value.value = 5
    write = next(access for access in lines_of(watch.trace, "_add") if access.kind == "write")
    assert (write.count, write.last_version) == (10, 10)


def test_locks_that_are_kept_are_those_held_since_the_access_before() -> None:
    with watching() as watch:
        value, outer, inner = RawValue("i", 0), Lock(), Lock()
        for _ in range(3):  # the second and third time nothing is new
            with outer:
                value.value = 1
                with inner:
                    value.value = 2
                    value.value = 3
                value.value = 4
            value.value = 5
    first, second = sorted(lock.id for lock in watch.trace.locks)
    assert [(set(access.locks), set(access.kept)) for access in watch.trace.accesses] == [
        ({first}, set()),
        ({first, second}, {first}),
        ({first, second}, {first, second}),
        ({first}, {first}),
        (set(), set()),
        ({first}, set()),
    ]


def test_two_functions_that_access_at_the_same_instruction_are_told_apart() -> None:
    def first(value: Any) -> int:
        return int(value.value)

    def second(value: Any) -> int:
        return int(value.value)

    with watching() as watch:
        value = Value("i", 0)
        for turn in (first, second, first, first, second, second) * 3:
            turn(value)
    counts = {access.site.function.rpartition(".")[2]: access.count for access in watch.trace.accesses}
    assert counts == {"first": 9, "second": 9}
    steps = {
        (access.previous and access.previous.site.function, access.site.function) for access in watch.trace.accesses
    }
    assert len(steps) == 5


def _set(flag: Any, number: int) -> None:
    if flag.value >= 0:
        flag.value = number


def _wait(flag: Any, data: Any, told: int) -> None:
    while flag.value == 0:
        os.write(told, b"x")
    data.value  # noqa: B018 - the reading is what is recorded


def test_a_flag_orders_also_if_it_is_polled_only_after_it_was_written_often() -> None:
    context = multiprocessing.get_context("fork")
    reading, writing = os.pipe()
    with watching() as watch:
        flag, data = context.Value("i", 0), context.Value("i", 0)
        process = context.Process(target=_wait, args=(flag, data, writing))
        _set(flag, 0)
        process.start()
        for _ in range(4):
            _set(flag, 0)
        os.read(reading, 1)  # it has polled, and the hooks do not know that I know
        for _ in range(4):
            _set(flag, 0)
        data.value = 1
        _set(flag, 1)
        process.join(programs.HALF_A_MINUTE)
    os.close(reading)
    os.close(writing)
    of_data = [access for access in watch.trace.accesses if access.cell[0] == watch.trace.blocks[1].id]
    write, read = of_data
    assert (write.kind, read.kind) == ("write", "read")
    assert happens_before(write, read)


def test_what_is_remembered_of_a_large_array_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was forgotten is recorded again; nothing is left out."""
    monkeypatch.setattr(folding, "CELL_LIMIT", 8)
    monkeypatch.setattr(folding, "RECORDED_LIMIT", 20)
    with watching() as watch:
        array = Array("i", 50)
        for _ in range(3):
            for index in range(50):
                array[index] += 1
        assert recorder.active is not None
        (fold,) = recorder.active.here().folds.values()
        assert len(fold.cells) <= 8
    found = {(access.kind, access.cell[1]) for access in watch.trace.accesses}
    assert found == {(kind, index) for kind in ("read", "write") for index in range(50)}
    assert {access.count for access in watch.trace.accesses} == {1, 150}


def test_a_value_without_room_for_its_word_is_recorded_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Counters, "words", lambda *_: None)
    with watching() as watch:
        value = Value("i", 0)
        _add(value, 10)
    assert value.value == 10
    assert {(access.kind, access.count, access.version) for access in watch.trace.accesses} == {
        ("read", 1, 0),
        ("read", 10, 0),
        ("write", 10, 0),
    }


def test_accesses_without_a_lock_are_counted_where_they_are() -> None:
    """Reads and writes by number, from the end and in slices, before and after a lock was taken."""
    with watching() as watch:
        value, array, lock = RawValue("i", 0), multiprocessing.RawArray("d", 4), Lock()
        for turn in range(5):
            value.value += 1
            array[1] += value.value
            array[-1] = array[1]
            with lock:
                array[1] = array[-1]
                value.value = turn
        assert (value.value, array[1], array[-1], array[0:3]) == (4, 11.0, 11.0, [0.0, 11.0, 0.0])
    counts = {(a.kind, a.cell, a.site.line, a.site.column): a.count for a in watch.trace.accesses}
    assert sorted(counts.values()) == [1] * 5 + [3] + [5] * 10  # the slice is one place of three accesses


def test_a_write_without_a_lock_is_recorded_before_it_is_made() -> None:
    """Whoever sees the new value finds the record of it; a write that is refused leaves none."""
    with watching() as watch:
        number, array = RawValue("i", 0), multiprocessing.RawArray("i", 3)
        record = recorder.active
        assert record is not None
        touch, seen = record.touch, []

        def looking(*args: Any) -> Any:
            seen.append(content(number))
            return touch(*args)

        record.__dict__["touch"] = looking
        number.value = 1
        for refused in (lambda: setattr(number, "value", "x"), lambda: array.__setitem__(0, "x")):
            with pytest.raises(TypeError):
                refused()
        with pytest.raises(IndexError):
            array[3] = 1
        del record.__dict__["touch"]
    assert seen == [0]
    assert [access.kind for access in watch.trace.accesses] == ["write"]
