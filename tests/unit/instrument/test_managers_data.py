"""Managed data: which cells a call reads or writes, where, and under which locks."""

from __future__ import annotations

import math
import multiprocessing
import time
from multiprocessing.context import BaseContext
from typing import Any

import pytest

from pytest_parlab.instrument import watching
from pytest_parlab.instrument.managed_data import MOST_CELLS, WHOLE, key_cell
from pytest_parlab.trace.model import Access, Trace, happens_before
from tests.unit.instrument import managed_programs
from tests.unit.instrument.managed_programs import UPDATES

START = multiprocessing.get_all_start_methods()[0]


def cell_names(trace: Trace, accesses: list[Access]) -> list[str]:
    blocks = {block.id: block for block in trace.blocks}
    return [blocks[access.cell[0]].part(access.cell[1]) for access in accesses]


def by_workers(trace: Trace) -> dict[int, list[Access]]:
    """The accesses of each of the user's processes."""
    found: dict[int, list[Access]] = {}
    for access in trace.accesses:
        process = trace.process_of(access.strand)
        if process.role == "process":
            found.setdefault(process.index, []).append(access)
    return found


def update_of(trace: Trace, accesses: list[Access], name: str) -> tuple[Access, Access]:
    """The last read of the named cell and the write after it."""
    names = cell_names(trace, accesses)
    own = [access for access, called in zip(accesses, names, strict=True) if called == name]
    reads, writes = ([access for access in own if access.kind == kind] for kind in ("read", "write"))
    assert len(writes) == 1
    assert reads
    assert reads[-1].position < writes[0].position
    return reads[-1], writes[0]


@pytest.mark.parametrize("name", UPDATES)
def test_an_update_without_a_lock_is_seen_as_a_read_and_a_write_that_nothing_orders(
    name: str, context: BaseContext
) -> None:
    make, update, cell = UPDATES[name]
    with watching() as watch, context.Manager() as manager:
        data = make(manager)
        managed_programs.each_alone(context, update, data)
    assert watch.trace.problems == ()
    workers = by_workers(watch.trace)
    assert len(workers) == 2
    first, second = (update_of(watch.trace, accesses, cell) for accesses in workers.values())
    assert first[0].cell == second[0].cell
    for one, other in ((first, second), (second, first)):
        assert not happens_before(one[1], other[0])
        for access in one:
            assert access.locks == frozenset()
            assert access.site.path == managed_programs.__file__
            assert access.site.function == update.__name__
            assert not access.raw


@pytest.mark.parametrize("maker", ["Lock", "RLock", "Semaphore", "BoundedSemaphore", "Condition"])
@pytest.mark.parametrize("name", ["value", "key"])
def test_an_update_under_a_managed_lock_holds_it_from_the_read_to_the_write(
    name: str, maker: str, context: BaseContext
) -> None:
    make, update, cell = UPDATES[name]
    with watching() as watch, context.Manager() as manager:
        data, lock = make(manager), getattr(manager, maker)()
        managed_programs.each_alone(context, managed_programs.locked, update, lock, data)
    updates = [update_of(watch.trace, accesses, cell) for accesses in by_workers(watch.trace).values()]
    assert [len(read.locks) for read, _ in updates] == [1, 1]
    assert [read.locks for read, _ in updates] == [write.locks for _, write in updates]
    assert [write.kept for _, write in updates] == [write.locks for _, write in updates]
    (first,), (second,) = (read.locks for read, _ in updates)
    assert first == second
    (known,) = watch.trace.locks
    assert known.id == first
    assert known.kind == ("RLock" if maker == "Condition" else maker)
    assert known.site is not None
    assert known.site.path == __file__
    assert len(watch.trace.holdings) == 2
    assert all(holding.released_ns is not None for holding in watch.trace.holdings)


def test_of_a_recursive_lock_only_the_outermost_level_counts(context: BaseContext) -> None:
    with watching() as watch, context.Manager() as manager:
        data, lock = manager.Value("i", 0), manager.RLock()
        update = managed_programs.add_to_value
        managed_programs.each_alone(context, managed_programs.twice_locked, update, lock, data)
    assert len(watch.trace.holdings) == 2
    assert [len(access.locks) for access in watch.trace.accesses] == [1] * 4


def test_a_condition_that_is_waited_for_gives_its_lock_back_meanwhile() -> None:
    with watching() as watch, multiprocessing.Manager() as manager:
        value, condition = manager.Value("i", 0), manager.Condition()
        with condition:
            with condition:
                value.value = 1
                assert not condition.wait(0.01)
                value.value = 2
            value.value = 3
        value.value = 4
        with pytest.raises(RuntimeError, match="un-acquired"):
            condition.wait(0.01)
    assert [len(access.locks) for access in watch.trace.accesses] == [1, 1, 1, 0]
    assert [len(access.kept) for access in watch.trace.accesses] == [0, 0, 1, 0]


def test_a_condition_that_is_given_a_lock_has_that_lock() -> None:
    with watching() as watch, multiprocessing.Manager() as manager:
        value, lock = manager.Value("i", 0), manager.Lock()
        condition = manager.Condition(lock)
        with condition:
            value.value = 1
            assert not condition.wait(0.01)
            value.value = 2
        with lock:
            value.value = 3
    assert [len(access.locks) for access in watch.trace.accesses] == [1, 1, 1]
    assert [len(access.kept) for access in watch.trace.accesses] == [0, 0, 0]
    assert len(watch.trace.locks) == 1


def test_a_lock_that_is_refused_is_not_held() -> None:
    with watching() as watch, multiprocessing.Manager() as manager:
        value, lock = manager.Value("i", 0), manager.Lock()
        assert lock.acquire()
        assert not lock.acquire(blocking=False)
        assert not lock.acquire(timeout=0.01)
        lock.release()
        value.value = 1
        with pytest.raises(RuntimeError, match="unlocked"):
            lock.release()
        value.value = 2
    assert [access.locks for access in watch.trace.accesses] == [frozenset()] * 2
    assert len(watch.trace.holdings) == 1


def test_a_recursive_lock_that_another_has_cannot_be_taken_from_it(context: BaseContext) -> None:
    with watching() as watch, context.Manager() as manager:
        value, lock = manager.Value("i", 0), manager.RLock()
        with lock:
            value.value = 1
            process = context.Process(target=managed_programs.release_in_vain, args=(lock,))  # type: ignore[attr-defined]
            process.start()
            process.join()
            assert process.exitcode == 0
            value.value = 2
    assert [len(access.locks) for access in watch.trace.accesses] == [1, 1]
    assert len(watch.trace.holdings) == 1


def test_who_waits_for_a_managed_lock_is_known(context: BaseContext) -> None:
    with watching() as watch, context.Manager() as manager:
        lock, waits = manager.Lock(), manager.Event()
        with lock:
            process = context.Process(  # type: ignore[attr-defined]
                target=managed_programs.wait_for_lock, args=(lock, waits)
            )
            process.start()
            waits.wait()
            time.sleep(0.05)
        process.join()
    first, second = sorted(watch.trace.holdings, key=lambda holding: holding.ticket)
    assert first.asked_ns == first.acquired_ns
    assert second.acquired_ns > second.asked_ns
    assert watch.trace.process_of(second.strand).role == "process"


def recorded_calls(trace: Trace) -> list[str]:
    names = cell_names(trace, list(trace.accesses))
    return [f"{access.kind[0]}{name}" for access, name in zip(trace.accesses, names, strict=True)]


def test_every_method_of_a_dictionary_has_its_cells() -> None:
    """`r` and `w` alone are the dictionary as a whole."""
    with watching() as watch, multiprocessing.Manager() as manager:
        scores: Any = manager.dict({1: 1})
        scores["a"] = 1  # w['a']
        scores.get("b")  # r['b']
        with pytest.raises(KeyError):
            scores["b"]  # r['b']
        scores.setdefault("b", 2)  # r['b']
        scores.pop("b")  # w['b']
        assert "a" in scores  # r['a']
        assert len(scores) == 2  # r
        assert scores.keys() == [1, "a"]  # r, r[1], r['a']
        assert scores.items() == [(1, 1), ("a", 1)]  # r, r[1], r['a']
        assert scores.values() == [1, 1]  # r
        assert scores.copy() == {1: 1, "a": 1}  # r, r[1], r['a']
        assert list(scores) == [1, "a"]  # r r, for it asks for the length, too
        scores.update({"c": 3}, d=4)  # w['c'], w['d']
        scores.update([("e", 5)])  # w['e']
        del scores["e"]  # w['e']
        scores.popitem()  # w
        scores.clear()  # w
        assert str(scores) == "{}"  # r
        assert scores._getvalue() == {}  # r
    expected = (
        "w['a'] r['b'] r['b'] r['b'] w['b'] r['a'] r r r[1] r['a'] r r[1] r['a'] r r r[1] r['a'] r r "
        "w['c'] w['d'] w['e'] w['e'] w w r r"
    )
    assert recorded_calls(watch.trace) == expected.split()


def test_every_method_of_a_list_has_its_cells() -> None:
    with watching() as watch, multiprocessing.Manager() as manager:
        numbers = manager.list([3, 1, 2])
        numbers[0] += 1  # r[0] w[0]
        assert numbers[-1] == 2  # r[-1]
        assert numbers[1:] == [1, 2]  # r r[1] r[2]
        assert numbers[-2:] == [1, 2]  # r
        numbers[0:2] = [7, 8]  # w w[0] w[1]
        with pytest.raises(IndexError):
            numbers[9]  # r
        numbers.append(1)  # w
        numbers.extend([1])  # w
        numbers += [1]  # w
        numbers.insert(0, 1)  # w
        numbers.pop()  # w
        numbers.remove(1)  # w
        numbers.reverse()  # w
        numbers.sort()  # w
        del numbers[0]  # w[0] w
        assert numbers.count(7) == 1  # r
        assert numbers.index(7) >= 0  # r
        assert 7 in numbers  # r
        assert len(numbers) == 4  # r
        numbers *= 2  # w
        assert len(numbers + [1]) == 9  # r  # noqa: RUF005
    expected = "r[0] w[0] r[-1] r r[1] r[2] r w w[0] w[1] r w w w w w w w w w[0] w r r r r w r"
    assert recorded_calls(watch.trace) == expected.split()


def test_an_array_counts_from_its_end_and_knows_its_slices() -> None:
    with watching() as watch, multiprocessing.Manager() as manager:
        array: Any = manager.Array("i", [1, 2, 3])
        array[-1] = 5
        assert array[2] == 5
        assert list(array[0:2]) == [1, 2]
        with pytest.raises(IndexError):
            array[-9]
    assert [(a.kind, a.cell[1]) for a in watch.trace.accesses] == [
        ("write", 2),
        ("read", 2),
        ("read", WHOLE),
        ("read", 0),
        ("read", 1),
        ("read", WHOLE),
    ]
    assert watch.trace.blocks[0].length == 3
    assert watch.trace.blocks[0].part(2) == "[2]"


def test_attributes_of_a_namespace_are_cells() -> None:
    with watching() as watch, multiprocessing.Manager() as manager:
        namespace = manager.Namespace()
        namespace.x = 1
        namespace._own = 2
        del namespace.x
        with pytest.raises(AttributeError):
            namespace.x  # noqa: B018
        assert str(namespace) == "Namespace()"
    assert recorded_calls(watch.trace) == ["w.x", "w.x", "r.x", "r"]


def test_a_large_slice_is_the_whole() -> None:
    with watching() as watch, multiprocessing.Manager() as manager:
        numbers = manager.list(range(MOST_CELLS + 1))
        numbers[:]
        table = manager.dict(dict.fromkeys(range(MOST_CELLS + 1)))
        table.keys()
        table.update(dict.fromkeys(range(MOST_CELLS + 1)))
    assert recorded_calls(watch.trace) == ["r", "r", "w"]


class _Key:
    def __init__(self, name: str) -> None:
        self.name = name

    def __hash__(self) -> int:
        return hash(self.name)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key) and other.name == self.name


class _Unwritable:
    def __repr__(self) -> str:
        raise ValueError


def test_equal_keys_have_one_cell() -> None:
    assert key_cell(1) == key_cell(1.0) == key_cell(bool(1)) == (key_cell(1)[0], "[1]")
    assert key_cell(0.5)[1] == "[0.5]"
    assert key_cell(math.inf)[1] == "[inf]"
    assert key_cell("a") != key_cell("b")
    assert key_cell("1") != key_cell(1)
    assert key_cell(_Key("a"))[0] == key_cell(_Key("a"))[0] != key_cell(_Key("b"))[0]
    assert key_cell(_Unwritable()) == (WHOLE, "")
    assert len(key_cell("x" * 200)[1]) < 100
    assert key_cell("x" * 200)[0] != key_cell("x" * 201)[0]


def test_data_says_what_it_is_and_where_it_was_created() -> None:
    with watching() as watch, multiprocessing.Manager() as manager:
        _ = manager.dict(), manager.list(), manager.Value("i", 0), manager.Namespace()
    assert [block.kind for block in watch.trace.blocks] == [
        "manager.dict",
        "manager.list",
        "manager.Value",
        "manager.Namespace",
    ]
    assert {block.site.path for block in watch.trace.blocks if block.site} == {__file__}
    assert len({block.id for block in watch.trace.blocks}) == 4
    assert watch.trace.accesses == ()


def test_two_objects_that_had_one_place_in_the_server_are_two(context: BaseContext) -> None:
    """The server's address of a dead object is soon that of another one."""
    with watching() as watch, context.Manager() as manager:
        places: list[str] = []
        while len(set(places)) == len(places) < 1000:
            value: Any = manager.Value("i", 0)
            value.value += 1
            places.append(value._token.id)
            del value
    assert len(set(places)) < len(places)
    assert len(watch.trace.blocks) == len(places)
    assert len({access.cell for access in watch.trace.accesses}) == len(places)


def test_data_older_than_the_watch_is_seen_from_then_on(context: BaseContext) -> None:
    with context.Manager() as manager:
        scores, lock = manager.dict(ann=0), manager.Lock()
        scores["ann"] += 1
        with watching() as watch:
            managed_programs.each_alone(context, managed_programs.locked, managed_programs.add_to_key, lock, scores)
        scores["ann"] += 1
        assert scores["ann"] == 4
        updates = [update_of(watch.trace, own, "['ann']") for own in by_workers(watch.trace).values()]
        (first,), (second,) = (write.locks for _, write in updates)
        assert first == second
        assert updates[0][0].cell == updates[1][0].cell
        (block,) = watch.trace.blocks
        assert (block.kind, block.site) == ("manager.dict", None)
        with watching() as again:
            scores["bob"] = 1
        assert recorded_calls(again.trace) == ["w['bob']"]


def test_data_of_an_earlier_watch_has_one_number_in_all_processes_of_the_next(context: BaseContext) -> None:
    with watching():
        manager = context.Manager()
        scores, lock = manager.dict(ann=0), manager.RLock()
    try:
        with watching() as watch:
            managed_programs.each_alone(context, managed_programs.locked, managed_programs.add_to_key, lock, scores)
    finally:
        manager.shutdown()
    updates = [update_of(watch.trace, own, "['ann']") for own in by_workers(watch.trace).values()]
    assert updates[0][0].cell == updates[1][0].cell
    assert {lock for _, write in updates for lock in write.kept} == {watch.trace.locks[0].id}
