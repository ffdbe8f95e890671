"""Polled flags as they are recorded: whoever waits for a cell in a loop comes after the write that ended it."""

from __future__ import annotations

import ctypes
import multiprocessing
import threading
from collections.abc import Callable
from multiprocessing.context import BaseContext
from pathlib import Path
from typing import Any

import pytest

from pytest_parlab.instrument import watching
from pytest_parlab.instrument.recorder import Recorder
from pytest_parlab.trace.model import Access, Trace, happens_before
from tests.unit.instrument import programs
from tests.unit.instrument.edges import wait_for_mark


def look(value: Any) -> int:
    return int(value.value)


def put(value: Any) -> None:
    value.value = 1


def raise_value(flag: Any) -> None:
    flag.value = 1


def raise_item(flag: Any) -> None:
    flag[1] = 1


def wait_for_value(flag: Any) -> None:
    while not flag.value:
        pass


def wait_for_item(flag: Any) -> None:
    while not flag[1]:
        pass


def wait_with_work(flag: Any) -> None:
    rounds = 0
    while True:
        rounds += 1
        if flag.value:
            break
        str(rounds)


def wait_and_update(flag: Any) -> None:
    while not flag.value:
        pass
    flag.value += 1


FLAGS: dict[str, tuple[Callable[[Any], Any], Callable[[Any], None], Callable[[Any], None]]] = {
    "a value": (lambda maker: maker.Value("i", 0), raise_value, wait_for_value),
    "a value, with work in between": (lambda maker: maker.Value("b", 0), raise_value, wait_with_work),
    "an item": (lambda maker: maker.Array("i", 3), raise_item, wait_for_item),
    "a raw value": (lambda maker: maker.RawValue("i", 0), raise_value, wait_for_value),
    "a raw item": (lambda maker: maker.RawArray("i", 3), raise_item, wait_for_item),
}


def work_and_raise(data: Any, flag: Any, raise_flag: Callable[[Any], None], folder: Path) -> None:
    put(data)
    raise_flag(flag)
    (folder / "raised").touch()
    wait_for_mark(folder, "seen")


def data_of(trace: Trace) -> tuple[Access, Access]:
    """The write of the worker's and the read of the main process."""
    (write,) = (access for access in trace.accesses if access.site.function == "put")
    (read,) = (access for access in trace.accesses if access.site.function == "look")
    return write, read


def flagged(
    context: BaseContext, folder: Path, flag: Any, raise_flag: Callable[[Any], None], wait: Callable[[Any], None]
) -> None:
    """A worker writes data and raises a flag; the main process waits for the flag, and reads the data."""
    data = context.Value("i", 0)
    process = context.Process(target=work_and_raise, args=(data, flag, raise_flag, folder))  # type: ignore[attr-defined]
    process.start()
    wait(flag)
    look(data)
    (folder / "seen").touch()
    process.join(programs.HALF_A_MINUTE)
    assert process.exitcode == 0


def ordered(trace: Trace) -> bool:
    write, read = data_of(trace)
    assert not happens_before(read, write)
    return happens_before(write, read)


@pytest.mark.parametrize(("make", "raise_flag", "wait"), FLAGS.values(), ids=FLAGS)
def test_what_was_done_before_a_flag_was_raised_comes_before_what_is_done_after_the_wait(
    context: BaseContext,
    tmp_path: Path,
    make: Callable[[Any], Any],
    raise_flag: Callable[[Any], None],
    wait: Callable[[Any], None],
) -> None:
    with watching() as watch:
        flagged(context, tmp_path, make(context), raise_flag, wait)
    assert ordered(watch.trace)


@pytest.mark.parametrize(("make", "raise_flag", "wait"), FLAGS.values(), ids=FLAGS)
def test_a_flag_that_was_raised_before_the_first_look_is_waited_for_all_the_same(
    context: BaseContext,
    tmp_path: Path,
    make: Callable[[Any], Any],
    raise_flag: Callable[[Any], None],
    wait: Callable[[Any], None],
) -> None:
    def wait_late(flag: Any) -> None:
        wait_for_mark(tmp_path, "raised")
        wait(flag)

    with watching() as watch:
        flagged(context, tmp_path, make(context), raise_flag, wait_late)
    assert ordered(watch.trace)


def test_what_was_read_before_the_wait_as_well_is_recorded_again_after_it(
    context: BaseContext, tmp_path: Path
) -> None:
    """Only the flag tells that the same reading means something else now: nobody counts writes to raw memory."""
    with watching() as watch:
        flag, data = context.Value("i", 0), context.RawValue("i", 0)
        worker = context.Process(  # type: ignore[attr-defined]
            target=work_and_raise, args=(data, flag, raise_value, tmp_path)
        )
        worker.start()
        for number in range(6):
            if number == 3:
                wait_for_mark(tmp_path, "raised")
                wait_for_value(flag)
            look(data)
        (tmp_path / "seen").touch()
        worker.join(programs.HALF_A_MINUTE)
    (write,) = (access for access in watch.trace.accesses if access.site.function == "put")
    reads = [access for access in watch.trace.accesses if access.site.function == "look"]
    assert [happens_before(write, read) for read in reads] == [False, False, True]


def poll_once(flag: Any, folder: Path) -> None:
    while flag.value != 1:
        pass
    (folder / "polled").touch()


def test_that_somebody_polls_a_cell_is_no_change_of_it(context: BaseContext, tmp_path: Path) -> None:
    with watching() as watch:
        flag = context.Value("i", 0)
        put(flag)
        process = context.Process(target=poll_once, args=(flag, tmp_path))  # type: ignore[attr-defined]
        process.start()
        wait_for_mark(tmp_path, "polled")
        look(flag)
        put(flag)
        process.join(programs.HALF_A_MINUTE)
    assert {access.broken_by for access in watch.trace.accesses} == {None}


def test_a_managed_value_can_be_a_flag(context: BaseContext, tmp_path: Path) -> None:
    with watching() as watch, context.Manager() as manager:
        flagged(context, tmp_path, manager.Value("i", 0), raise_value, wait_for_value)
    assert ordered(watch.trace)


@pytest.mark.parametrize("raw", [False, True], ids=["a value", "a raw value"])
def test_a_cell_that_is_waited_for_and_then_updated_is_no_flag(
    context: BaseContext, tmp_path: Path, *, raw: bool
) -> None:
    with watching() as watch:
        flag = context.RawValue("i", 0) if raw else context.Value("i", 0)
        flagged(context, tmp_path, flag, raise_value, wait_and_update)
    assert not ordered(watch.trace)


@pytest.mark.parametrize("raw", [False, True], ids=["a value", "a raw value"])
def test_a_single_look_is_no_wait(context: BaseContext, tmp_path: Path, *, raw: bool) -> None:
    def look_late(flag: Any) -> None:
        wait_for_mark(tmp_path, "raised")
        assert flag.value

    with watching() as watch:
        flag = context.RawValue("i", 0) if raw else context.Value("i", 0)
        flagged(context, tmp_path, flag, raise_value, look_late)
    assert not ordered(watch.trace)


@pytest.mark.parametrize("raw", [False, True], ids=["a value", "a raw value"])
def test_every_thread_that_waits_for_a_flag_is_ordered(context: BaseContext, tmp_path: Path, *, raw: bool) -> None:
    """The second has nothing new to see when it looks, for its process has seen the flag already."""

    def second(flag: Any, data: Any) -> None:
        wait_for_mark(tmp_path, "first is through")
        wait_for_value(flag)
        look(data)

    with watching() as watch:
        flag = context.RawValue("i", 0) if raw else context.Value("i", 0)
        data = context.Value("i", 0)
        worker = context.Process(  # type: ignore[attr-defined]
            target=work_and_raise, args=(data, flag, raise_value, tmp_path)
        )
        thread = threading.Thread(target=second, args=(flag, data))
        thread.start()
        worker.start()
        wait_for_value(flag)
        (tmp_path / "first is through").touch()
        thread.join(programs.HALF_A_MINUTE)
        (tmp_path / "seen").touch()
        worker.join(programs.HALF_A_MINUTE)
    assert ordered(watch.trace)


@pytest.mark.parametrize("kind", ["value", "item", "field"])
def test_a_write_without_a_lock_is_published_before_it_is_made(monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    """Else somebody could see the flag and not yet what was published."""
    found: list[int] = []

    class Pair(ctypes.Structure):
        _fields_ = (("one", ctypes.c_int), ("other", ctypes.c_int))

    def publish(self: Recorder, subject: int) -> None:
        found.append(ctypes.c_int.from_address(ctypes.addressof(flag)).value)

    monkeypatch.setattr(Recorder, "publish", publish)
    with watching():
        flag: Any
        if kind == "value":
            flag = multiprocessing.RawValue("i", 0)
            flag.value = 1
        elif kind == "item":
            flag = multiprocessing.RawArray("i", 2)
            flag[0] = 1
        else:
            flag = multiprocessing.RawValue(Pair)
            flag.one = 1
    assert found == [0]


def test_the_predicate_of_a_condition_waits(context: BaseContext, tmp_path: Path) -> None:
    condition = threading.Condition()

    def wait(flag: Any) -> None:
        wait_for_mark(tmp_path, "raised")
        with condition:
            condition.wait_for(lambda: flag.value)

    with watching() as watch:
        flagged(context, tmp_path, context.Value("i", 0), raise_value, wait)
    assert ordered(watch.trace)


def test_the_predicate_of_the_users_own_function_of_that_name_does_not(tmp_path: Path) -> None:
    context = multiprocessing.get_context()

    def wait_for(predicate: Callable[[], object]) -> None:
        predicate()

    def wait(flag: Any) -> None:
        wait_for_mark(tmp_path, "raised")
        wait_for(lambda: flag.value)

    with watching() as watch:
        flagged(context, tmp_path, context.Value("i", 0), raise_value, wait)
    assert not ordered(watch.trace)
