"""Each way to access a cell is recorded once an epoch, with all that it can matter for, and the rest is counted."""

from __future__ import annotations

import multiprocessing
import os
import random
import sys
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import nullcontext
from multiprocessing.context import BaseContext
from pathlib import Path
from typing import Any

import pytest

from pytest_parlab.instrument import handles, watching
from pytest_parlab.trace.model import Access, Trace
from tests.unit.instrument import programs
from tests.unit.instrument.edges import wait_for_mark


def of_block(trace: Trace, number: int = 0) -> list[Access]:
    """The accesses to the block that was created as the `number`-th, in the order of the trace."""
    block = trace.blocks[number].id
    return [access for access in trace.accesses if access.cell[0] == block]


def chain(accesses: list[Access]) -> list[tuple[str | None, str]]:
    """What each access is, after what it came."""
    return [(None if access.previous is None else access.previous.kind, access.kind) for access in accesses]


def look(value: Any) -> int:
    return int(value.value)


def put(value: Any, number: int = 1) -> None:
    value.value = number


@pytest.mark.parametrize("times", [3, 500])
def test_every_context_is_recorded_once_however_often_it_comes(context: BaseContext, times: int) -> None:
    with watching() as watch:
        value = context.Value("i", 0)
        programs.run_all(context, (programs.add, value, times))
    accesses = of_block(watch.trace)
    assert chain(accesses) == [(None, "read"), ("read", "write"), ("write", "read")]
    assert [access.count for access in accesses] == [1, times, times]
    assert [access.version for access in accesses] == [0, 0, 1]
    assert [access.last_version for access in accesses] == [0, times, 0]


def test_another_lock_set_is_another_context_with_a_count_of_its_own() -> None:
    """Only the first of all has no access before it; under which locks that was made is no difference."""
    with watching() as watch:
        value, one, other = multiprocessing.Value("i", 0), multiprocessing.Lock(), multiprocessing.Lock()
        for _ in range(3):
            look(value)
            for _ in range(2):
                with one:
                    look(value)
            with one, other:
                look(value)
    first, second = (lock.id for lock in watch.trace.locks if lock.kind == "Lock")
    found: dict[frozenset[int], list[Access]] = {}
    for access in of_block(watch.trace):
        found.setdefault(access.locks, []).append(access)
    lock_sets = [frozenset(), frozenset({first}), frozenset({first, second})]
    assert {locks: [access.count for access in found[locks]] for locks in found} == dict(
        zip(lock_sets, ([1, 3], [6], [3]), strict=True)
    )


def test_another_place_is_another_context_with_a_count_of_its_own() -> None:
    with watching() as watch:
        value = multiprocessing.Value("i", 0)
        for _ in range(4):
            put(value)
            put(value)
            value.value = 2
    last_of = {access.site.function: access for access in of_block(watch.trace)}
    assert [access.count for access in last_of.values()] == [8, 4]


KEPT: dict[str, tuple[Callable[[Any, Any, Any], None], str]] = {}
"""A read and a write by name, and the letters of the locks that are kept from the one to the other."""


def keeps(letters: str) -> Callable[[Callable[[Any, Any, Any], None]], Callable[[Any, Any, Any], None]]:
    def add(program: Callable[[Any, Any, Any], None]) -> Callable[[Any, Any, Any], None]:
        KEPT[program.__name__] = (program, letters)
        return program

    return add


@keeps("")
def under_none(value: Any, _a: Any, _b: Any) -> None:
    value.value += 1


@keeps("a")
def under_one(value: Any, a: Any, _b: Any) -> None:
    with a:
        value.value += 1


@keeps("ab")
def under_two(value: Any, a: Any, b: Any) -> None:
    with a, b:
        value.value += 1


@keeps("a")
def with_another_taken_anew(value: Any, a: Any, b: Any) -> None:
    with a:
        with b:
            seen = value.value
        with b:
            value.value = seen + 1


@keeps("a")
def with_another_in_between(value: Any, a: Any, b: Any) -> None:
    with a:
        seen = value.value
        with b:
            pass
        value.value = seen + 1


@keeps("")
def taken_anew(value: Any, a: Any, _b: Any) -> None:
    with a:
        seen = value.value
    with a:
        value.value = seen + 1


@keeps("")
def taken_for_the_write_alone(value: Any, a: Any, _b: Any) -> None:
    seen = value.value
    with a:
        value.value = seen + 1


@keeps("")
def taken_for_the_read_alone(value: Any, a: Any, _b: Any) -> None:
    with a:
        seen = value.value
    value.value = seen + 1


@keeps("b")
def handed_over_from_one_to_the_other(value: Any, a: Any, b: Any) -> None:
    a.acquire()
    b.acquire()
    seen = value.value
    a.release()
    value.value = seen + 1
    b.release()


@keeps("c")
def nested_in_itself(value: Any, _a: Any, _b: Any) -> None:
    with value.get_lock(), value.get_lock():
        seen = value.value
        with value.get_lock():
            pass
        value.value = seen + 1


@pytest.mark.parametrize("times", [1, 4])
@pytest.mark.parametrize(("program", "letters"), KEPT.values(), ids=KEPT)
def test_what_is_kept_from_a_read_to_a_write_is_what_was_never_given_back(
    program: Callable[[Any, Any, Any], None], letters: str, times: int
) -> None:
    with watching() as watch:
        value, a, b = multiprocessing.Value("i", 0), multiprocessing.Lock(), multiprocessing.Lock()
        for _ in range(times):
            program(value, a, b)
    by_creation = {lock.id: letter for letter, lock in zip("cab", watch.trace.locks, strict=True)}
    writes = [access for access in of_block(watch.trace) if access.kind == "write"]
    assert {"".join(sorted(by_creation[number] for number in write.kept)) for write in writes} == {letters}
    assert {write.previous.kind for write in writes if write.previous} == {"read"}
    assert writes[-1].count == times


def test_a_new_epoch_records_again() -> None:
    with watching() as watch:
        value, event = multiprocessing.Value("i", 0), multiprocessing.Event()
        for _ in range(2):
            for _ in range(5):
                look(value)
            event.set()
    accesses = of_block(watch.trace)
    assert chain(accesses) == [(None, "read"), ("read", "read"), ("read", "read")]
    assert [access.count for access in accesses] == [1, 5, 5]
    _, before, after = (access.clock[0] for access in accesses)
    assert before < after


def pause(folder: Path, name: str, other: str) -> None:
    """Let another process do what it waits for, and wait until it has; no edge."""
    (folder / name).touch()
    wait_for_mark(folder, other)


def add_slowly(value: Any, folder: Path, quickly: int) -> None:
    """Add 1 some times at once, and once more with a pause before the write."""
    for number in range(quickly + 1):
        seen = value.value
        if number == quickly:
            pause(folder, "read", "go on")
        value.value = seen + 1


def put_later(value: Any, folder: Path, name: str, other: str) -> None:
    wait_for_mark(folder, name)
    put(value, 7)
    (folder / other).touch()


def look_later(value: Any, folder: Path) -> None:
    wait_for_mark(folder, "read")
    look(value)
    (folder / "go on").touch()


@pytest.mark.parametrize("quickly", [0, 20])
def test_an_update_that_another_process_broke_says_who(context: BaseContext, tmp_path: Path, quickly: int) -> None:
    with watching() as watch:
        value = context.Value("i", 0)
        programs.run_all(
            context,
            (add_slowly, value, tmp_path, quickly),
            (put_later, value, tmp_path, "read", "first"),
            (put_later, value, tmp_path, "first", "go on"),
        )
    trace = watch.trace
    found = [access for access in of_block(trace) if access.site.function == "add_slowly"]
    broken = [access for access in found if access.broken_by is not None]
    last = max((a for a in of_block(trace) if a.site.function == "put"), key=lambda access: access.version)
    assert [(access.kind, access.broken_by) for access in broken] == [("write", trace.process_of(last.strand).index)]
    assert broken[0].version == quickly + 2
    assert broken[0].previous is not None
    assert broken[0].previous.kind == "read"


@pytest.mark.parametrize("quickly", [0, 20])
def test_an_update_that_another_process_only_looked_at_is_whole(
    context: BaseContext, tmp_path: Path, quickly: int
) -> None:
    with watching() as watch:
        value = context.Value("i", 0)
        programs.run_all(context, (add_slowly, value, tmp_path, quickly), (look_later, value, tmp_path))
    assert {access.broken_by for access in watch.trace.accesses} == {None}


def test_one_that_was_broken_by_the_main_process_names_it(context: BaseContext, tmp_path: Path) -> None:
    with watching() as watch:
        array: Any = context.Array("i", 3)
        process = context.Process(target=add_to_item_slowly, args=(array, tmp_path))  # type: ignore[attr-defined]
        process.start()
        wait_for_mark(tmp_path, "read")
        array[1] = 5
        array[0] = 5
        (tmp_path / "go on").touch()
        process.join(programs.HALF_A_MINUTE)
    broken = [(access.cell[1], access.kind, access.broken_by) for access in of_block(watch.trace) if access.strand]
    assert broken == [(2, "read", None), (1, "read", None), (1, "write", 0), (2, "write", None)]


def add_to_item_slowly(array: Any, folder: Path) -> None:
    other, seen = array[2], array[1]
    pause(folder, "read", "go on")
    array[1] = seen + 1
    array[2] = other + 1


def in_threads(*works: tuple[Any, ...]) -> None:
    threads = [threading.Thread(target=target, args=arguments) for target, *arguments in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(programs.HALF_A_MINUTE)


def test_two_threads_of_a_process_keep_apart(tmp_path: Path) -> None:
    """The process that broke the update is its own: another thread of it wrote."""
    with watching() as watch:
        value = multiprocessing.Value("i", 0)
        in_threads((add_slowly, value, tmp_path, 9), (put_later, value, tmp_path, "read", "go on"))
    of_first, of_second = ([a for a in of_block(watch.trace) if a.strand == strand] for strand in (1, 2))
    assert chain(of_second) == [(None, "write")]
    assert chain(of_first) == [(None, "read"), ("read", "write"), ("write", "read"), ("read", "write")]
    assert [access.broken_by for access in of_first] == [None, None, None, 0]
    assert [access.count for access in of_first] == [1, 1, 10, 10]


def test_threads_that_write_at_once_are_counted_each_for_itself() -> None:
    with watching() as watch:
        value = multiprocessing.Value("i", 0)
        in_threads(*[(programs.add, value, 300)] * 2)
    counts = Counter[tuple[int, str]]()
    for access in of_block(watch.trace):
        counts[access.strand, access.kind] = max(counts[access.strand, access.kind], access.count)
        assert access.previous is None or access.previous.strand == access.strand
    assert counts == {(strand, kind): 300 for strand in (1, 2) for kind in ("read", "write")}
    assert max(access.last_version for access in of_block(watch.trace)) == 600


def test_what_a_thread_did_is_counted_also_if_another_one_gets_its_number_from_the_system() -> None:
    with watching() as watch:
        value = multiprocessing.Value("i", 0)
        for _ in range(3):
            in_threads((programs.add, value, 40))
    writes = [access for access in of_block(watch.trace) if access.kind == "write"]
    assert [(access.strand, access.count) for access in writes] == [(1, 40), (2, 40), (3, 40)]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
@pytest.mark.parametrize("held", [False, True], ids=["free", "while its parent holds a lock"])
def test_a_child_that_is_forked_in_the_middle_begins_anew(*, held: bool) -> None:
    with watching() as watch:
        value, lock = multiprocessing.Value("i", 0), multiprocessing.Lock()
        with lock if held else nullcontext():
            programs.add(value, 4)
            child = os.fork()
            if child == 0:
                programs.add(value, 4)
                os._exit(0)
            os.waitpid(child, 0)
            programs.add(value, 4)
    assert watch.trace.problems == ()
    of_parent, of_child = ([a for a in of_block(watch.trace) if a.strand == strand] for strand in (0, 1))
    assert chain(of_child) == [(None, "read"), ("read", "write"), ("write", "read")]
    assert {access.locks for access in of_child} == {frozenset()}
    assert [access.version for access in of_child] == [4, 4, 5]
    assert {bool(access.locks) for access in of_parent} == {held}
    assert [access.broken_by for access in of_parent] == [None, None, None, 1, None, None]
    assert of_parent[-1].count == of_parent[-2].count == 4


@pytest.mark.parametrize(("cells", "versions"), [(handles.MOST_WORDS, [0, 1]), (handles.MOST_WORDS + 1, [0, 0])])
def test_in_a_very_long_array_nobody_counts_the_writes(context: BaseContext, cells: int, versions: list[int]) -> None:
    with watching() as watch:
        array, lock = context.Array("b", cells), context.Lock()
        programs.run_all(context, *[(add_to_last_item, array, lock)] * 2)
    assert watch.trace.problems == ()
    writes = [access for access in of_block(watch.trace) if access.kind == "write"]
    assert sorted(access.version for access in writes) == versions
    assert {access.cell[1] for access in writes} == {cells - 1}
    assert {access.broken_by for access in writes} == {None}
    assert {len(access.kept) for access in writes} == {1}


def add_to_last_item(array: Any, lock: Any) -> None:
    with lock:
        array[-1] += 1


def test_a_value_that_is_gone_keeps_nothing_mapped() -> None:
    with watching():
        before = set(handles._mapped)
        value = multiprocessing.Value("i", 0)
        value.value = 1
        assert len(handles._mapped) == len(before) + 1
        del value
        assert set(handles._mapped) == before


def test_a_function_of_the_library_that_is_called_in_two_places_is_in_two_places() -> None:
    with watching() as watch:
        array: Any = multiprocessing.Array("i", [1, 2, 3])
        random.Random(1).shuffle(array)
        random.Random(1).shuffle(array)
        line = sys._getframe().f_lineno
    assert {access.site.line for access in of_block(watch.trace)} == {line - 2, line - 1}


def test_an_inner_watch_sees_what_the_outer_has_recorded_already() -> None:
    with watching() as outer:
        value, lock = multiprocessing.Value("i", 0), multiprocessing.Lock()
        with lock:
            programs.add(value, 10)
            with watching() as inner:
                programs.add(value, 20)
            programs.add(value, 5)
    read, write = of_block(inner.trace)
    assert (read.kind, read.previous, read.count) == ("read", None, 20)
    assert (write.kind, write.count, write.last_version) == ("write", 20, 30)
    assert write.previous is not None
    assert write.previous.position == read.position
    assert len(read.locks) == len(write.kept) == 1
    totals = Counter[str]()
    for access in of_block(outer.trace):
        totals[access.kind] += access.count
    first = of_block(outer.trace)[0]
    assert (first.kind, first.count) == ("read", 1), "it is counted with the others like it"
    assert totals - Counter({"read": 1}) == {"read": 35, "write": 35}


def test_more_blocks_than_can_be_mapped_at_once_are_mapped_again() -> None:
    many = handles.OPEN_LIMIT + 20
    with watching() as watch:
        values = [multiprocessing.Value("i", 0) for _ in range(many)]
        for _ in range(2):
            for value in values:
                programs.add(value, 3)
        assert len(handles._mapped) <= handles.OPEN_LIMIT
        del values, value
    assert watch.trace.problems == ()
    assert len(watch.trace.blocks) == many
    for number in range(many):
        accesses = of_block(watch.trace, number)
        assert chain(accesses) == [(None, "read"), ("read", "write"), ("write", "read")]
        assert [access.count for access in accesses] == [1, 6, 6]
        assert [access.broken_by for access in accesses] == [None] * 3
        assert accesses[1].last_version == 6
