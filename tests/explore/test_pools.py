"""What pools do under control besides what the small programs show: failures, callbacks, timeouts, deaths, words."""

from __future__ import annotations

import multiprocessing
import os
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.pool import ThreadPool
from pathlib import Path
from typing import Any

import pytest

from pytest_parlab.explore.exploration import DEADLOCK, Exploration, Raised
from pytest_parlab.explore.exploring import explore
from tests.explore.litmus import A_SECOND

pytestmark = pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="these functions fork")
_fork: Any = multiprocessing.get_context("fork" if "fork" in multiprocessing.get_all_start_methods() else None)
_kept: list[Any] = []


def any_result(_: Any) -> None:
    """Take every result for right."""


def search(function: Callable[[], Any]) -> Exploration:
    """All schedules of a function."""
    return explore(function, check=any_result, schedules=5000)


def keep(value: Any) -> None:
    """Keep a shared object for the tasks of a worker."""
    _kept[:] = [value]


def square(number: int) -> int:
    """A task that meets nobody."""
    return number * number


def refuse(number: int) -> int:
    """A task that fails."""
    raise ValueError(number)


def name_worker(_: int) -> str:
    """Who runs it."""
    return multiprocessing.current_process().name


def write_twice(_: int) -> None:
    """A task that can be interrupted halfway."""
    _kept[0][0] = 1
    _kept[0][1] = 1


def wait_or_set(number: int) -> None:
    """The first task waits for the second one."""
    if number:
        _kept[0].set()
    else:
        _kept[0].wait()


def make_function() -> Callable[[], int]:
    """A result that cannot be sent."""
    return lambda: 1


def maps() -> list[list[int]]:
    with _fork.Pool(2) as pool:
        return [
            pool.map(square, range(3), chunksize=2),
            pool.starmap(pow, [(2, 3)]),
            pool.starmap_async(pow, [(3, 2)]).get(A_SECOND),
            list(pool.imap(square, range(3))),
            list(pool.imap(square, range(3), chunksize=2)),
            sorted(pool.imap_unordered(square, range(2), chunksize=2)),
            [*pool.map(square, []), *pool.imap(square, []), *pool.imap_unordered(square, [])],
        ]


def test_each_way_to_map_gives_what_it_really_gives() -> None:
    found = search(maps)
    assert set(found.outcomes) == {((0, 1, 4), (8,), (9,), (0, 1, 4), (0, 1, 4), (0, 1), ())}
    assert not found.undecided


def map_with_failures() -> tuple[str, str, bool]:
    with _fork.Pool(2) as pool:
        try:
            pool.map(refuse, [1, 2], chunksize=1)
        except ValueError as error:
            return str(error), type(error.__cause__).__name__, "in refuse" in str(error.__cause__)
    return "", "", False


def test_a_failing_task_raises_with_its_traceback_as_the_cause() -> None:
    assert set(search(map_with_failures).outcomes) == {("1", "RemoteTraceback", True)}


def call_back() -> list[int]:
    results: list[int] = []
    with _fork.Pool(2) as pool:
        waited = [pool.apply_async(square, (number,), callback=results.append) for number in (1, 2)]
        for one in waited:
            one.wait()
    return results


def test_callbacks_come_in_the_order_in_which_tasks_end() -> None:
    found = search(call_back)
    assert set(found.outcomes) == {(1, 4), (4, 1)}
    assert found.exhausted


def call_back_about_a_failure() -> tuple[list[str], bool]:
    errors: list[str] = []
    with _fork.Pool(1) as pool:
        result = pool.apply_async(refuse, (1,), error_callback=lambda error: errors.append(repr(error)))
        result.wait()
        return errors, result.successful()


def test_a_failure_has_a_callback_of_its_own() -> None:
    assert set(search(call_back_about_a_failure).outcomes) == {(("ValueError(1)",), False)}


def wait_for_a_callback() -> str:
    event = _fork.Event()
    with _fork.Pool(1) as pool:
        pool.apply_async(square, (1,), callback=lambda _: event.set())
        event.wait()
    return "done"


def test_a_callback_comes_while_its_maker_waits_for_something_else() -> None:
    found = search(wait_for_a_callback)
    assert set(found.outcomes) == {"done"}
    assert found.exhausted


def poll_for_callbacks() -> list[int]:
    results: list[int] = []
    with _fork.Pool(1) as pool:
        pool.apply_async(square, (2,), callback=results.append)
        while not results:
            time.sleep(A_SECOND)
    return results


def test_a_callback_comes_while_its_maker_sleeps() -> None:
    found = search(poll_for_callbacks)
    assert set(found.outcomes) == {(4,)}
    assert found.exhausted


def see_a_callback() -> list[int]:
    results: list[int] = []
    value = _fork.Value("i", 0)
    with _fork.Pool(1) as pool:
        pool.apply_async(square, (3,), callback=results.append)
        value.value += 1
        return list(results)


def test_a_callback_may_have_come_or_not() -> None:
    assert set(search(see_a_callback).outcomes) == {(), (9,)}


def fail_in_a_callback() -> Any:
    with _fork.Pool(1) as pool:
        return pool.apply_async(square, (1,), callback=refuse).get()


def test_after_a_callback_that_fails_nobody_gets_results_as_it_really_is() -> None:
    assert set(search(fail_in_a_callback).outcomes) == {DEADLOCK}


def terminate_halfway() -> list[int]:
    array = _fork.Array("i", 2)
    pool = _fork.Pool(1, keep, (array,))
    pool.apply_async(write_twice, (0,))
    pool.terminate()
    pool.join()
    return list(array)


def test_a_task_can_be_interrupted_at_every_step() -> None:
    found = search(terminate_halfway)
    assert set(found.outcomes) == {(0, 0), (1, 0), (1, 1)}
    assert found.exhausted


def one_task_a_worker() -> list[str]:
    with _fork.Pool(1, maxtasksperchild=1) as pool:
        return list(pool.map(name_worker, range(2), chunksize=1))


def test_a_worker_that_has_done_its_tasks_is_replaced() -> None:
    assert set(search(one_task_a_worker).outcomes) == {("ForkPoolWorker-1", "ForkPoolWorker-2")}


def unready() -> str:
    event = _fork.Event()
    with _fork.Pool(1, keep, (event,)) as pool:
        result = pool.apply_async(wait_or_set, (0,))
        with suppress(ValueError):
            result.successful()
        answers = pool.imap(square, [3])
        try:
            answers.next(A_SECOND)
        except multiprocessing.TimeoutError:
            event.set()
        return f"{result.get()} {next(answers)}"


def test_somebody_who_waits_for_a_second_gives_up() -> None:
    assert set(search(unready).outcomes) == {"None 9"}


def unpicklable() -> list[str]:
    names = []
    with _fork.Pool(1) as pool:
        for call in ((square, (lambda: 1,)), (make_function, ())):
            try:
                pool.apply(*call)
            except Exception as error:  # noqa: BLE001 - its type is the outcome
                names.append(type(error).__name__)
    return names


def test_what_cannot_be_pickled_fails_as_it_really_does() -> None:
    [names] = search(unpicklable).outcomes
    assert names in {("AttributeError", "MaybeEncodingError"), ("PicklingError", "MaybeEncodingError")}


def use_when_closed() -> list[str]:
    said = []
    pool = _fork.Pool(1)
    for step in (pool.join, pool.close, lambda: pool.apply(square, (1,)), pool.join, pool.terminate):
        try:
            step()
        except ValueError as error:
            said.append(str(error))
    return said


def test_a_closed_pool_takes_no_tasks() -> None:
    assert set(search(use_when_closed).outcomes) == {("Pool is still running", "Pool not running")}


@pytest.mark.parametrize(
    ("arguments", "error"),
    [((0,), "ValueError"), ((1, "initializer"), "TypeError"), ((1, None, (), 0), "ValueError")],
)
def test_a_pool_refuses_what_it_really_refuses(arguments: tuple[Any, ...], error: str) -> None:
    [outcome] = explore(_fork.Pool, *arguments).outcomes
    assert isinstance(outcome, Raised)
    assert outcome.error == error


def lose_a_worker() -> Any:
    with _fork.Pool(1) as pool:
        return pool.apply(os._exit, (3,))


def leave_a_worker() -> Any:
    with _fork.Pool(1) as pool:
        return pool.apply(sys.exit, (3,))


@pytest.mark.parametrize("function", [lose_a_worker, leave_a_worker])
def test_the_result_of_a_worker_that_died_never_comes_as_it_really_is(function: Callable[[], Any]) -> None:
    [failure] = explore(function).failures
    [maker, other] = failure.blocked
    name = {lose_a_worker: "_exit", leave_a_worker: "exit"}[function]
    line = function.__code__.co_firstlineno + 1
    assert maker.waits_for == f"the result of task 1, {name}(), of Pool made at test_pools.py:{line}"
    assert maker.held_by == ("ForkPoolWorker-1, which has ended",)
    assert (other.process, other.waits_for) == ("ForkPoolWorker-2", f"a task of Pool made at test_pools.py:{line}")


def wait_for_a_task_of_the_same_pool() -> None:
    event = _fork.Event()
    with _fork.Pool(1, keep, (event,)) as pool:
        pool.map(wait_or_set, range(2), chunksize=1)


def test_a_task_that_waits_for_a_later_one_is_told_as_a_deadlock() -> None:
    found = explore(wait_for_a_task_of_the_same_pool)
    assert set(found.outcomes) == {DEADLOCK}
    [failure] = found.failures
    line = wait_for_a_task_of_the_same_pool.__code__.co_firstlineno + 2
    label = f"tasks 1 to 2, wait_or_set(), of Pool made at test_pools.py:{line}"
    assert [(moment.process, moment.action, moment.subject) for moment in failure.moments] == [
        ("MainProcess", "submits", label),
        ("ForkPoolWorker-1", "takes", label),
    ]
    maker, worker = failure.blocked
    assert (maker.process, maker.waits_for) == ("MainProcess", f"the result of {label}")
    assert maker.held_by == ("ForkPoolWorker-1",)
    assert Path(maker.place.path).name == "test_pools.py"
    assert (worker.process, worker.waits_for, worker.holds) == ("ForkPoolWorker-1", "Event to be notified", (label,))


def lead_on() -> list[int]:
    with _fork.Pool(1) as pool:
        result = pool.apply_async(square, (2,))
        return [int(result.ready()), result.get()]


def test_each_step_of_a_task_is_told() -> None:
    failures = explore(lead_on).failures
    told = [[(moment.process, moment.action) for moment in failure.moments] for failure in failures]
    assert told == [
        [
            ("MainProcess", "submits"),
            ("ForkPoolWorker-1", "takes"),
            ("ForkPoolWorker-1", "finishes"),
            ("MainProcess", "finds finished"),
            ("MainProcess", "joins"),
        ]
    ]


def use_threads() -> None:
    ThreadPool(1)


def fail_in_the_initializer() -> None:
    _fork.Pool(1, refuse, (1,)).apply(square, (1,))


_older: Any = None


def use_an_older_pool() -> None:
    _older.join()


@pytest.mark.parametrize(
    ("function", "what"),
    [
        (use_threads, "it uses a pool of threads"),
        (fail_in_the_initializer, "a pool starts workers without end, for they end before they take a task"),
    ],
)
def test_what_is_not_modelled_is_said(function: Callable[[], Any], what: str) -> None:
    line = function.__code__.co_firstlineno + 1
    assert explore(function).undecided == f"{what}, which cannot be scheduled, at {__file__}:{line}"


def test_a_pool_that_is_older_than_the_exploration_is_not_modelled(monkeypatch: pytest.MonkeyPatch) -> None:
    with _fork.Pool(1) as pool:
        monkeypatch.setattr(sys.modules[__name__], "_older", pool)
        found = explore(use_an_older_pool)
    assert found.undecided.startswith("it uses a pool that was made before, which cannot be scheduled")
