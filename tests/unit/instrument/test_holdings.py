"""How long locks were held: holdings in a row are one series, and where it is cut. The clock goes as a test says."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable
from multiprocessing.context import BaseContext
from pathlib import Path
from typing import Any

import pytest

from pytest_parlab.instrument import holdings, watching
from pytest_parlab.trace.model import Holding, Trace
from tests.unit.instrument import programs
from tests.unit.instrument.edges import wait_for_mark

SHORT = 10
"""Nanoseconds that a holding lasts here, unless something is said."""
BEGIN = 1_000_000_000


class Clock:
    """A clock that stands still."""

    def __init__(self) -> None:
        self.now = BEGIN

    def __call__(self) -> int:
        return self.now

    def wait(self, ns: int) -> None:
        self.now += ns


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock of all modules that record, in this process and in those forked from it."""
    clock = Clock()
    for name, module in list(sys.modules.items()):
        if name.startswith("pytest_parlab.instrument.") and hasattr(module, "now_ns"):
            monkeypatch.setattr(module, "now_ns", clock)
    return clock


def hold(lock: Any, clock: Clock, length: int = SHORT, pause: int = 0) -> None:
    with lock:
        clock.wait(length)
    clock.wait(pause)


def hold_often(lock: Any, clock: Clock, times: int) -> None:
    for _ in range(times):
        hold(lock, clock)


def counts(trace: Trace) -> list[tuple[int, int]]:
    """The first ticket of each series, and how many holdings it has."""
    return [(holding.ticket, holding.count) for holding in trace.holdings]


def times(holding: Holding) -> tuple[int, int, int | None]:
    """When a series began and ended, from the beginning of the test, and for how long the lock was held in it."""
    end = None if holding.released_ns is None else holding.released_ns - BEGIN
    return holding.acquired_ns - BEGIN, holding.held_ns, end


def test_holdings_in_a_row_from_one_place_are_one_series(clock: Clock) -> None:
    with watching() as watch:
        lock = multiprocessing.Lock()
        for _ in range(50):
            hold(lock, clock, pause=5)
    (series,) = watch.trace.holdings
    assert (series.ticket, series.count) == (1, 50)
    assert times(series) == (0, 50 * SHORT, 50 * SHORT + 49 * 5)
    assert series.asked_ns == series.acquired_ns
    assert series.site is not None
    assert series.release_site is not None
    assert series.site.function == series.release_site.function == "hold"


def test_the_same_place_inside_another_lock_is_the_same_place(clock: Clock) -> None:
    with watching() as watch:
        outer, inner = multiprocessing.Lock(), multiprocessing.Lock()
        for _ in range(5):
            with outer:
                hold(inner, clock)
    assert counts(watch.trace) == [(1, 5), (1, 5)]


def test_only_the_outermost_level_of_a_recursive_lock_counts(clock: Clock) -> None:
    with watching() as watch:
        lock = multiprocessing.RLock()
        for _ in range(5):
            with lock:
                hold(lock, clock)
                clock.wait(1)
    (series,) = watch.trace.holdings
    assert (series.count, series.held_ns) == (5, 5 * (SHORT + 1))


def test_another_place_of_acquisition_begins_another_series(clock: Clock) -> None:
    with watching() as watch:
        lock = multiprocessing.Lock()
        for _ in range(3):
            hold(lock, clock)
        for _ in range(2):
            with lock:
                clock.wait(1)
        hold(lock, clock)
    assert counts(watch.trace) == [(1, 3), (4, 2), (6, 1)]
    assert [holding.held_ns for holding in watch.trace.holdings] == [3 * SHORT, 2, SHORT]


def test_another_place_of_acquisition_with_the_same_release_begins_another_series(clock: Clock) -> None:
    with watching() as watch:
        lock = multiprocessing.Lock()
        for number in range(5):
            if number < 3:
                lock.acquire()
            else:
                lock.acquire()
            lock.release()
    assert counts(watch.trace) == [(1, 3), (4, 2)]


def test_another_place_of_release_begins_another_series(clock: Clock) -> None:
    with watching() as watch:
        lock = multiprocessing.Lock()
        for number in range(6):
            lock.acquire()
            if number < 4:
                lock.release()
            else:
                lock.release()
    first, second = watch.trace.holdings
    assert counts(watch.trace) == [(1, 4), (5, 2)]
    assert first.site == second.site
    assert first.release_site != second.release_site


def test_another_holder_in_between_begins_another_series(context: BaseContext, tmp_path: Path) -> None:
    """Tickets are shared, so nothing is said about when: the second has it after the first two of the first."""
    with watching() as watch:
        lock = context.Lock()
        process = context.Process(target=hold_around, args=(lock, tmp_path))  # type: ignore[attr-defined]
        process.start()
        wait_for_mark(tmp_path, "held")
        for _ in range(3):
            take(lock)
        (tmp_path / "go on").touch()
        process.join(programs.HALF_A_MINUTE)
    order = sorted(watch.trace.holdings, key=lambda holding: holding.ticket)
    assert [number for one in order for number in range(one.ticket, one.ticket + one.count)] == list(range(1, 8))
    owners = [one.strand for one in order for _ in range(one.count)]
    assert owners == [1, 1, 0, 0, 0, 1, 1]


def take(lock: Any) -> None:
    with lock:
        pass


def hold_around(lock: Any, folder: Path) -> None:
    for number in range(4):
        if number == 2:
            (folder / "held").touch()
            wait_for_mark(folder, "go on")
        take(lock)


def test_another_thread_in_between_begins_another_series(clock: Clock) -> None:
    with watching() as watch:
        lock = multiprocessing.Lock()
        for _ in range(2):
            hold(lock, clock)
        thread = threading.Thread(target=hold, args=(lock, clock))
        thread.start()
        thread.join()
        for _ in range(2):
            hold(lock, clock)
    assert sorted((one.ticket, one.count, one.strand) for one in watch.trace.holdings) == [
        (1, 2, 0),
        (3, 1, 1),
        (4, 2, 0),
    ]


def test_a_series_is_cut_when_it_has_lasted_a_millisecond(clock: Clock) -> None:
    """Pauses count: a picture of it would show the lock as held throughout."""
    a_third = holdings.SERIES_NS // 3
    with watching() as watch:
        lock = multiprocessing.Lock()
        for _ in range(5):
            hold(lock, clock, SHORT, pause=a_third)
    assert counts(watch.trace) == [(1, 3), (4, 2)]
    for holding in watch.trace.holdings:
        assert holding.released_ns is not None
        assert holding.released_ns - holding.acquired_ns < holdings.SERIES_NS


@pytest.mark.parametrize(("length", "joined"), [(holdings.SERIES_NS - 1, True), (holdings.SERIES_NS, False)])
def test_the_limit_is_what_it_says(clock: Clock, length: int, joined: bool) -> None:  # noqa: FBT001
    with watching() as watch:
        lock = multiprocessing.Lock()
        hold(lock, clock, SHORT, pause=length - 2 * SHORT)
        hold(lock, clock)
    assert counts(watch.trace) == ([(1, 2)] if joined else [(1, 1), (2, 1)])


@pytest.mark.parametrize(("length", "at_once"), [(holdings.LONG_NS - 1, False), (holdings.LONG_NS, True)])
def test_a_long_holding_is_written_down_at_once(clock: Clock, length: int, at_once: bool) -> None:  # noqa: FBT001
    """What is written down before a process is ended hard is there; what is not is lost."""
    with watching() as watch:
        lock = multiprocessing.get_context("fork").Lock()
        child = os.fork()
        if child == 0:
            hold(lock, clock, length)
            os.kill(os.getpid(), signal.SIGKILL)
        os.waitpid(child, 0)
    assert watch.trace.problems == ()
    assert [holding.held_ns for holding in watch.trace.holdings] == ([length] if at_once else [])


def test_a_long_holding_ends_its_series_and_the_next_begins_another(clock: Clock) -> None:
    with watching() as watch:
        lock = multiprocessing.Lock()
        for length in (SHORT, SHORT, holdings.LONG_NS, SHORT):
            hold(lock, clock, length)
    assert counts(watch.trace) == [(1, 3), (4, 1)]
    assert [holding.held_ns for holding in watch.trace.holdings] == [2 * SHORT + holdings.LONG_NS, SHORT]


def test_who_has_to_wait_begins_another_series_when_he_asked(clock: Clock) -> None:
    with watching() as watch:
        lock = multiprocessing.Lock()
        hold(lock, clock)
        lock.acquire()
        thread = threading.Thread(target=hold, args=(Told(lock, clock, lock.release), clock))
        thread.start()
        thread.join(programs.HALF_A_MINUTE)
    waited = next(holding for holding in watch.trace.holdings if holding.strand == 1)
    assert (waited.ticket, waited.acquired_ns - waited.asked_ns) == (3, 0)


class Told:
    """A lock that another thread gives back just before it is asked for."""

    def __init__(self, lock: Any, clock: Clock, release: Callable[[], None]) -> None:
        self._lock, self._clock, self._release = lock, clock, release

    def __enter__(self) -> None:
        self._release()
        self._clock.wait(7)
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()


def test_what_is_held_at_the_end_is_kept_with_the_series_before_it(clock: Clock) -> None:
    with watching() as watch:
        lock = multiprocessing.Lock()
        for _ in range(3):
            hold(lock, clock)
        lock.acquire()
    done, kept = watch.trace.holdings
    assert (done.ticket, done.count) == (1, 3)
    assert (kept.ticket, kept.count, times(kept)) == (4, 1, (3 * SHORT, 0, None))
    assert kept.release_site is None


def hold_and_be_killed(lock: Any, folder: Path) -> None:
    for _ in range(2):
        take(lock)
    lock.acquire()
    (folder / "held").touch()
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="nobody can be killed")
def test_a_holder_that_was_killed_has_signed_beside_the_ticket(context: BaseContext, tmp_path: Path) -> None:
    with watching() as watch:
        lock = context.Lock()
        (process,) = programs.run_all(context, (hold_and_be_killed, lock, tmp_path))
        assert process.exitcode == -signal.SIGKILL
        assert not lock.acquire(block=False)
    kept = watch.trace.holdings[-1]
    assert (kept.strand, kept.ticket, kept.released_ns) == (1, 3, None)
    assert kept.site is not None
    assert kept.site.function == "hold_and_be_killed"


def test_a_lock_that_was_given_back_before_the_kill_is_held_by_nobody(context: BaseContext) -> None:
    with watching() as watch:
        lock = context.Lock()
        programs.run_all(context, (take_and_be_killed, lock))
        assert lock.acquire(block=False)
        lock.release()
    assert all(holding.released_ns is not None for holding in watch.trace.holdings)


def take_and_be_killed(lock: Any) -> None:
    take(lock)
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_lock_that_another_thread_gives_back_was_held_until_then(clock: Clock) -> None:
    with watching() as watch:
        lock = multiprocessing.Lock()
        lock.acquire()
        clock.wait(30)
        thread = threading.Thread(target=lock.release)
        thread.start()
        thread.join()
        clock.wait(5)
        hold(lock, clock)
    first, second = sorted(watch.trace.holdings, key=lambda holding: holding.ticket)
    assert (first.strand, first.ticket, times(first)) == (0, 1, (0, 30, 30))
    assert (second.strand, second.ticket, times(second)) == (0, 2, (35, SHORT, 45))


def give_back(lock: Any) -> None:
    lock.release()


def test_a_lock_that_another_process_gives_back_was_held_until_then(context: BaseContext) -> None:
    """Also if it is never taken again by the one who had it."""
    with watching() as watch:
        lock = context.Lock()
        lock.acquire()
        programs.run_all(context, (give_back, lock))
        take(lock)
        lock.acquire()
        programs.run_all(context, (give_back, lock))
    found = sorted(watch.trace.holdings, key=lambda holding: holding.ticket)
    assert [(one.strand, one.ticket, one.count) for one in found] == [(0, 1, 1), (0, 2, 1), (0, 3, 1)]
    assert all(one.released_ns is not None and one.released_ns >= one.acquired_ns for one in found)


def test_each_thread_has_series_of_its_own(clock: Clock) -> None:
    with watching() as watch:
        locks = [multiprocessing.Lock() for _ in range(2)]
        for lock in locks:
            thread = threading.Thread(target=hold_often, args=(lock, clock, 4))
            thread.start()
            thread.join()
    assert [(one.strand, one.ticket, one.count) for one in watch.trace.holdings] == [(1, 1, 4), (2, 1, 4)]
    assert len({one.lock for one in watch.trace.holdings}) == 2


def test_an_inner_watch_has_the_series_of_its_time_alone(clock: Clock) -> None:
    with watching() as outer:
        lock = multiprocessing.Lock()
        for _ in range(2):
            hold(lock, clock)
        with watching() as inner:
            for _ in range(3):
                hold(lock, clock)
        hold(lock, clock)
    assert sum(holding.count for holding in outer.trace.holdings) == 6
    assert sum(holding.count for holding in inner.trace.holdings) == 3
