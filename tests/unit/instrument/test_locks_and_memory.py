"""Locks and shared memory: exact tickets, lock sets, identities that hold, and blind spots that are named."""

from __future__ import annotations

import multiprocessing
import os
import sys
import threading
from multiprocessing import Array, Lock, Value  # imported before any watch is opened
from multiprocessing.context import BaseContext
from pathlib import Path
from typing import Any

import pytest

from pytest_parlab.instrument import watching
from pytest_parlab.trace.model import Holding, Trace, happens_before
from pytest_parlab.trace.ring import UNTRACKED
from tests.unit.instrument import programs
from tests.unit.instrument.edges import wait_for_mark


def counted(trace: Trace, block: int) -> dict[str, int]:
    """How many reads and writes of a block there were, by all strands and from all places."""
    places: dict[tuple[object, ...], int] = {}
    for access in trace.accesses:
        if access.cell[0] == block:
            place = (access.kind, access.strand, access.site, access.clock, access.locks)
            places[place] = max(places.get(place, 0), access.count)
    return {kind: sum(count for place, count in places.items() if place[0] == kind) for kind in ("read", "write")}


def test_every_access_is_counted_and_the_writes_are_numbered(context: BaseContext) -> None:
    with watching() as watch:
        value, array = context.Value("i", 0), context.Array("d", 3)
        programs.run_all(
            context, (programs.add, value, 20), (programs.add, value, 20), (programs.add_to_items, array)
        )
    trace = watch.trace
    one, many = trace.blocks
    assert (one.kind, one.length, many.kind, many.length) == ("Value('i')", 1, "Array('d')", 3)
    assert one.site is not None
    assert one.site.path == __file__
    assert counted(trace, one.id) == {"read": 40, "write": 40}
    of_value = [access for access in trace.accesses if access.cell == (one.id, 0)]
    assert max(access.last_version for access in of_value) == 40
    of_array = [access for access in trace.accesses if access.cell[0] == many.id]
    assert [(access.kind, access.cell[1]) for access in of_array] == [
        (kind, index) for index in range(3) for kind in ("read", "write")
    ]
    assert {access.site.function for access in trace.accesses} == {"add", "add_to_items"}


def tickets_of(holding: Holding) -> range:
    return range(holding.ticket, holding.ticket + holding.count)


def test_a_lock_gives_a_lock_set_and_no_order(context: BaseContext) -> None:
    with watching() as watch:
        value, lock = context.Value("i", 0), context.Lock()
        programs.run_all(context, *[(programs.add_locked, value, lock, 5)] * 2)
    trace = watch.trace
    tickets = [number for holding in trace.holdings for number in tickets_of(holding)]
    assert sorted(tickets) == list(range(1, 11))
    assert {len(access.locks) for access in trace.accesses} == {1}
    of_first, of_second = ([a for a in trace.accesses if a.strand == strand] for strand in (1, 2))
    assert not any(happens_before(a, b) or happens_before(b, a) for a in of_first for b in of_second)
    user_lock = next(lock for lock in trace.locks if lock.kind == "Lock")
    assert {number for access in trace.accesses for number in access.locks} == {user_lock.id}
    assert user_lock.owner == 0
    own_lock = next(lock for lock in trace.locks if lock.kind == "RLock")
    assert own_lock.owner == trace.blocks[0].id


def test_the_own_lock_of_a_value_is_in_the_lock_set_only_when_it_is_taken() -> None:
    with watching() as watch:
        value = Value("i", 0)
        value.value += 1
        with value.get_lock():
            value.value += 1
        value.acquire()
        value.value += 1
        value.release()
    assert [len(access.locks) for access in watch.trace.accesses] == [0, 0, 1, 1, 1, 1]


def test_only_the_outermost_level_of_a_recursive_lock_is_a_holding(context: BaseContext) -> None:
    with watching() as watch:
        value, lock = context.Value("i", 0), context.RLock()
        programs.run_all(context, *[(programs.add_nested, value, lock, 4)] * 2)
    tickets = [number for holding in watch.trace.holdings for number in tickets_of(holding)]
    assert sorted(tickets) == list(range(1, 9))
    assert all(len(access.locks) == 1 for access in watch.trace.accesses)
    assert all(holding.released_ns is not None for holding in watch.trace.holdings)


def test_a_lock_that_another_process_gives_back_is_recorded_each_time() -> None:
    with watching() as watch:
        lock = Lock()
        for _ in range(3):
            lock.acquire()
            thread = threading.Thread(target=lock.release)
            thread.start()
            thread.join()
        for _ in range(2):
            lock.acquire()
            lock.release()
    assert [number for holding in watch.trace.holdings for number in tickets_of(holding)] == [1, 2, 3, 4, 5]
    assert all(holding.released_ns is not None for holding in watch.trace.holdings)


def test_a_lock_that_is_held_to_the_end_has_no_release() -> None:
    with watching() as watch:
        Lock().acquire()
    (holding,) = watch.trace.holdings
    assert holding.released_ns is None


def test_a_refused_release_is_refused_as_without_a_watch_and_not_recorded() -> None:
    with watching() as watch:
        lock = Lock()
        with pytest.raises(ValueError, match="semaphore or lock released too many times"):
            lock.release()
        recursive = multiprocessing.RLock()
        with pytest.raises(AssertionError, match="attempt to release recursive lock not owned by thread"):
            recursive.release()
    assert watch.trace.holdings == ()


def test_a_lock_that_is_not_free_can_be_refused() -> None:
    with watching() as watch:
        lock = Lock()
        assert lock.acquire(timeout=0.0)
        assert not lock.acquire(block=False)
        assert not lock.acquire(timeout=0.01)
    assert len(watch.trace.holdings) == 1


def _pass(semaphore: Any, value: Any, folder: Path) -> None:
    with semaphore:
        value.value += 1
    (folder / "passed").touch()


def test_a_semaphore_of_two_orders_nothing_however_the_run_went(tmp_path: Path) -> None:
    """The first process has left before the second comes, and yet nothing made it wait."""
    with watching() as watch:
        context = multiprocessing.get_context()
        value, semaphore = context.Value("i", 0), context.Semaphore(2)
        first = context.Process(target=_pass, args=(semaphore, value, tmp_path))
        second = context.Process(target=_pass, args=(semaphore, value, tmp_path))
        first.start()
        wait_for_mark(tmp_path, "passed")  # a file orders nothing
        second.start()
        first.join(programs.HALF_A_MINUTE)
        second.join(programs.HALF_A_MINUTE)
    of_first, of_second = ([a for a in watch.trace.accesses if a.strand == strand] for strand in (1, 2))
    assert of_first
    assert not any(happens_before(a, b) for a in of_first for b in of_second)
    assert all(access.locks == frozenset() for access in watch.trace.accesses)


def test_memory_that_is_used_again_has_two_lives() -> None:
    with watching() as watch:
        first = Value("i", 0)
        first.value = 1
        del first
        second = Value("i", 0)
        second.value = 2
    assert len(watch.trace.blocks) == 2
    assert len({access.cell for access in watch.trace.accesses}) == 2
    assert {block.id for block in watch.trace.blocks} == {access.cell[0] for access in watch.trace.accesses}


def test_what_is_older_than_the_watch_is_recorded_all_the_same() -> None:
    value, array, lock, semaphore = Value("i", 0), Array("i", 4), Lock(), multiprocessing.Semaphore(3)
    with watching() as watch:
        context = multiprocessing.get_context("fork")
        programs.run_all(context, *[(programs.add_locked, value, lock, 3)] * 2)
        array[3] = 1
        with semaphore:
            pass
    trace = watch.trace
    assert sorted([number for holding in trace.holdings for number in tickets_of(holding)]) == list(range(1, 7))
    assert {block.kind for block in trace.blocks} == {"shared memory older than the watch"}
    assert {block.length for block in trace.blocks} == {1, 4}
    assert {len(access.locks) for access in trace.accesses if access.strand} == {1}
    assert [(lock.process, lock.site) for lock in trace.locks] == [(None, None)]


def test_a_lock_of_an_earlier_watch_is_not_taken_for_one_of_this() -> None:
    with watching():
        old = Lock()
    with watching() as watch:
        new = Lock()
        with old:
            pass
        with new:
            pass
    first, second = watch.trace.holdings
    assert first.lock != second.lock
    assert (first.ticket, second.ticket) == (1, 1)


def test_a_lock_that_arrived_before_any_watch_is_recorded() -> None:
    """In a process that was spawned without hooks and opens a watch of its own."""
    context = multiprocessing.get_context("spawn")
    results = context.SimpleQueue()
    programs.run_all(context, (programs.watch_a_lock, context.Lock(), context.Value("i", 0), results))
    assert results.get() == ([1, 2], [1, 1], ())


def test_a_value_with_a_plain_lock_of_the_users_does_not_block_itself() -> None:
    with watching() as watch:
        value = Value("i", 0, lock=Lock())
        value.value += 1
        assert value.value == 1
    assert counted(watch.trace, watch.trace.blocks[0].id) == {"read": 2, "write": 1}


def test_slices_texts_and_odd_indexes_are_recorded_item_by_item() -> None:
    class Two:
        def __index__(self) -> int:
            return 2

    with watching() as watch:
        array: Any = Array("i", 4)
        text: Any = Array("c", 3)
        array[1:3] = [5, 6]
        assert array[-1] == 0
        assert array[:] == [0, 5, 6, 0]
        assert array[Two()] == 6
        text.value = b"ab"
        assert text.raw == b"ab\0"
        with pytest.raises(IndexError, match="invalid index"):
            array[4]
        with pytest.raises(TypeError):
            array[0] = "text"
    numbers = [(a.kind, a.cell[1]) for a in watch.trace.accesses if a.cell[0] == watch.trace.blocks[0].id]
    assert numbers == [("write", 1), ("write", 2), ("read", 3), *[("read", i) for i in range(4)], ("read", 2)]
    letters = [(a.kind, a.cell[1]) for a in watch.trace.accesses if a.cell[0] == watch.trace.blocks[1].id]
    assert letters == [(kind, index) for kind in ("write", "read") for index in range(3)]


def test_a_place_is_that_of_the_users_code_even_below_the_library() -> None:
    import random  # noqa: PLC0415

    with watching() as watch:
        array: Any = Array("i", [1, 2, 3])
        random.Random(1).shuffle(array)
    assert {access.site.path for access in watch.trace.accesses} == {__file__}
    site = watch.trace.accesses[0].site
    assert site.column > 0
    assert site.end_column > site.column
    assert site.stack[0][0] == __file__
    assert str(site) == f"{__file__}:{site.line}"


def _take_many_locks(descriptors: int, queue: Any) -> None:
    """Take 300 locks twice while so many descriptors are left, counted from the first one that is free."""
    import resource  # noqa: PLC0415

    lowest = os.dup(0)
    os.close(lowest)
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    locks = [Lock() for _ in range(300)]
    resource.setrlimit(resource.RLIMIT_NOFILE, (lowest + descriptors, hard))
    with watching() as watch:
        for lock in locks * 2:
            with lock:
                pass
    tickets = sorted(number for holding in watch.trace.holdings for number in tickets_of(holding))
    queue.put((watch.trace.problems, watch.trace.truncated, tickets))


def _many_locks(descriptors: int) -> Any:
    context = multiprocessing.get_context("spawn")
    queue = context.Queue()
    process = context.Process(target=_take_many_locks, args=(descriptors, queue))
    process.start()
    result = queue.get(timeout=60)
    process.join()
    return result


@pytest.mark.skipif(sys.platform == "win32", reason="no limit on descriptors to set")
def test_many_locks_cost_a_bounded_number_of_file_descriptors() -> None:
    assert _many_locks(226) == ((), False, [1] * 300 + [2] * 300)


@pytest.mark.skipif(sys.platform == "win32", reason="no limit on descriptors to set")
def test_where_descriptors_run_out_a_lock_keeps_tickets_of_its_own_and_the_trace_says_what_is_missing() -> None:
    """Whatever room the ring has left: what could not be counted is said, and no lock has another one's tickets.

    Where a mapping needs no descriptor to stay, there is room enough.
    """
    problems, _, tickets = _many_locks(20)
    if UNTRACKED:
        assert (problems, tickets) == ((), [1] * 300 + [2] * 300)
        return
    assert problems == ("process 0: positions of accesses, locks and items could not be counted: no room",)
    assert set(tickets) <= {1, 2}


def _take_in_every_way(lock: Any) -> None:
    for _ in range(20):
        with lock:
            pass
        lock.acquire()
        lock.release()
        with lock:
            pass


@pytest.mark.parametrize("kind", ["Lock", "RLock"])
def test_each_time_a_lock_is_taken_is_counted_where_it_was(context: BaseContext, kind: str) -> None:
    with watching() as watch:
        lock = getattr(context, kind)()
        _take_in_every_way(lock)
    holdings = watch.trace.holdings
    assert [number for holding in holdings for number in tickets_of(holding)] == list(range(1, 61))
    begin = _take_in_every_way.__code__.co_firstlineno
    places = {(holding.site.line - begin, holding.release_site.line - begin) for holding in holdings}  # type: ignore[union-attr]
    assert places == {(2, 2), (4, 5), (6, 6)}
    assert all(holding.released_ns >= holding.acquired_ns + holding.held_ns > 0 for holding in holdings)  # type: ignore[operator]


def test_a_loop_over_a_lock_is_a_few_series(context: BaseContext) -> None:
    with watching() as watch:
        lock = context.Lock()
        for _ in range(2000):
            with lock:
                pass
    holdings = watch.trace.holdings
    assert sum(holding.count for holding in holdings) == 2000
    assert len(holdings) < 1000


def test_a_lock_that_is_taken_again_inside_its_block_is_one_holding() -> None:
    with watching() as watch:
        lock = multiprocessing.RLock()
        for _ in range(4):
            with lock:
                lock.acquire()
                with lock:
                    lock.release()
            assert lock.acquire()
            with lock:
                pass
            lock.release()
    assert [number for holding in watch.trace.holdings for number in tickets_of(holding)] == list(range(1, 9))
    assert all(holding.released_ns is not None for holding in watch.trace.holdings)


def test_leaving_a_block_whose_lock_is_free_already_is_refused_and_not_recorded() -> None:
    with watching() as watch:
        lock = Lock()
        for refused in (False, False, True):
            try:
                with lock:
                    if refused:
                        lock.release()
            except ValueError as error:
                assert refused
                assert str(error) == "semaphore or lock released too many times"  # noqa: PT017 - one of three rounds
    assert [number for holding in watch.trace.holdings for number in tickets_of(holding)] == [1, 2, 3]


def _give_back(lock: Any) -> None:
    lock.release()


def test_a_lock_that_a_child_gives_back_can_be_taken_again(context: BaseContext) -> None:
    with watching() as watch:
        lock = context.Lock()
        for _ in range(3):
            lock.acquire()
            programs.run_all(context, (_give_back, lock))
        with lock:
            pass
    assert [number for holding in watch.trace.holdings for number in tickets_of(holding)] == [1, 2, 3, 4]
    assert all(holding.released_ns is not None for holding in watch.trace.holdings)
