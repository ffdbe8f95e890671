"""What executors do under control besides what the small programs show: failures, cancelling, timeouts, deaths."""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Callable
from concurrent.futures import (
    FIRST_COMPLETED,
    FIRST_EXCEPTION,
    CancelledError,
    Future,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
    as_completed,
    wait,
)
from typing import Any

import pytest

from pytest_parlab.explore.exploration import DEADLOCK, Raised
from pytest_parlab.explore.exploring import explore
from tests.explore.litmus import A_SECOND
from tests.explore.test_pools import keep, name_worker, refuse, search, square, wait_or_set

pytestmark = pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="these functions fork")
_fork: Any = multiprocessing.get_context("fork" if "fork" in multiprocessing.get_all_start_methods() else None)


def executor(workers: int, *kept: Any) -> ProcessPoolExecutor:
    """An executor, whose tasks are given a shared object."""
    return ProcessPoolExecutor(workers, mp_context=_fork, initializer=keep if kept else None, initargs=kept)


def maps() -> list[list[int]]:
    with executor(2) as workers:
        return [list(workers.map(square, range(3), chunksize=size)) for size in (1, 2)]


def test_map_gives_results_in_order() -> None:
    found = search(maps)
    assert set(found.outcomes) == {((0, 1, 4), (0, 1, 4))}
    assert found.exhausted


def fail() -> tuple[str, str, bool]:
    with executor(1) as workers:
        future = workers.submit(refuse, 1)
        error = future.exception()
        assert error is not None
        return type(error).__name__, str(error), "in refuse" in str(error.__cause__)


def test_a_failing_task_has_its_traceback_as_the_cause() -> None:
    assert set(search(fail).outcomes) == {("ValueError", "1", True)}


def leave() -> str:
    with executor(1) as workers:
        return type(workers.submit(sys.exit, 1).exception()).__name__


def test_a_task_that_exits_ends_no_worker() -> None:
    assert set(search(leave).outcomes) == {"SystemExit"}


def unpicklable() -> list[str]:
    with executor(1) as workers:
        return [type(workers.submit(*call).exception()).__name__ for call in ((square, lambda: 1), (_make_function,))]


def _make_function() -> Callable[[], int]:
    return lambda: 1


def test_what_cannot_be_pickled_is_the_exception_of_its_future() -> None:
    [names] = search(unpicklable).outcomes
    assert set(names) <= {"AttributeError", "PicklingError"}


def call_back() -> list[int]:
    results: list[int] = []

    def note(future: Future[int]) -> None:
        results.append(future.result())

    with executor(2) as workers:
        for number in (1, 2):
            workers.submit(square, number).add_done_callback(note)
    return results


def test_callbacks_come_in_the_order_in_which_tasks_end() -> None:
    found = search(call_back)
    assert set(found.outcomes) == {(1, 4), (4, 1)}
    assert found.exhausted


def wait_for_the_first() -> tuple[list[int], int]:
    with executor(2) as workers:
        done, others = wait([workers.submit(square, number) for number in (1, 2)], return_when=FIRST_COMPLETED)
        return sorted(future.result() for future in done), len(others)


def test_the_first_future_can_be_either_or_both() -> None:
    assert set(search(wait_for_the_first).outcomes) == {((1,), 1), ((4,), 1), ((1, 4), 0)}


def wait_for_the_first_failure() -> tuple[int, int]:
    with executor(2) as workers:
        done, others = wait([workers.submit(refuse, 1), workers.submit(square, 2)], return_when=FIRST_EXCEPTION)
        return len(done), len(others)


def test_a_failure_ends_the_wait_for_all() -> None:
    assert set(search(wait_for_the_first_failure).outcomes) == {(1, 1), (2, 0)}


def wait_for_both() -> int:
    with executor(2) as workers:
        return len(wait([workers.submit(square, number) for number in (1, 2)]).done)


def test_only_who_takes_which_task_makes_a_difference() -> None:
    """Two workers and two tasks: when they are submitted and when they end, nobody can tell."""
    found = search(wait_for_both)
    assert (set(found.outcomes), found.schedules, found.exhausted) == ({2}, 4, True)


def wait_for_all() -> tuple[int, int]:
    with executor(2) as workers, executor(1) as others:
        done, rest = wait([workers.submit(square, 1), others.submit(square, 2)])
        return len(done), len(rest)


def test_futures_of_several_executors_are_waited_for_together() -> None:
    assert set(search(wait_for_all).outcomes) == {(2, 0)}


def cancel() -> tuple[bool, bool, int]:
    with executor(1) as workers:
        first, second = (workers.submit(square, number) for number in (1, 2))
        cancelled = second.cancel()
        try:
            second.result()
        except CancelledError:
            return cancelled, second.done(), first.result()
        return cancelled, second.cancelled(), first.result()


def test_a_task_can_be_cancelled_until_somebody_takes_it() -> None:
    found = search(cancel)
    assert set(found.outcomes) == {(True, True, 1), (False, False, 1)}
    assert found.exhausted


def cancel_what_is_left() -> list[bool]:
    workers = executor(1)
    futures = [workers.submit(square, number) for number in (1, 2)]
    workers.shutdown(cancel_futures=True)
    return [future.cancelled() for future in as_completed(futures)]


def test_shutting_down_can_cancel_what_nobody_has_taken() -> None:
    found = {tuple(sorted(outcome)) for outcome in search(cancel_what_is_left).outcomes}
    assert found == {(True, True), (False, True), (False, False)}


def look_whether_it_runs() -> bool:
    with executor(1) as workers:
        return workers.submit(square, 1).running()


def test_a_task_may_be_running_or_not() -> None:
    assert set(search(look_whether_it_runs).outcomes) == {True, False}


def give_up() -> list[str]:
    event, gave_up = _fork.Event(), []
    with executor(1, event) as workers:
        future = workers.submit(wait_or_set, 0)
        answers = workers.map(wait_or_set, [0], timeout=A_SECOND)
        steps: tuple[Callable[[], Any], ...] = (
            lambda: future.result(A_SECOND),
            lambda: future.exception(0),
            lambda: list(as_completed([future], A_SECOND)),
            lambda: list(answers),
        )
        for step in steps:
            try:
                step()
            except TimeoutError as error:
                gave_up.append(type(error).__name__)
        gave_up.append(str(len(wait([future], A_SECOND).done)))
        event.set()
    return gave_up


def test_somebody_who_waits_for_a_second_gives_up() -> None:
    assert set(search(give_up).outcomes) == {(*["TimeoutError"] * 4, "0")}


def lose_a_worker() -> list[str]:
    said = []
    with executor(2) as workers:
        steps: tuple[Callable[[], Any], ...] = (
            lambda: workers.submit(os._exit, 3).result(),
            lambda: workers.submit(square, 1),
        )
        for step in steps:
            try:
                step()
            except RuntimeError as error:
                said.append(f"{type(error).__name__}: {error}")
    return said


def test_an_executor_whose_worker_dies_is_broken() -> None:
    [said] = search(lose_a_worker).outcomes
    error = "BrokenProcessPool: A process in the process pool was terminated abruptly while the future was running"
    refusal = "BrokenProcessPool: A child process terminated abruptly, the process pool is not usable anymore"
    assert said == (f"{error} or pending.", refusal)


def fail_in_the_initializer() -> str:
    with ProcessPoolExecutor(1, mp_context=_fork, initializer=refuse, initargs=(1,)) as workers:
        return type(workers.submit(square, 1).exception()).__name__


def test_an_executor_whose_initializer_fails_is_broken() -> None:
    assert set(search(fail_in_the_initializer).outcomes) == {"BrokenProcessPool"}


def submit_when_shut_down() -> None:
    workers = executor(1)
    workers.shutdown()
    workers.submit(square, 1)


def test_an_executor_that_is_shut_down_takes_no_tasks() -> None:
    error = Raised("RuntimeError", "cannot schedule new futures after shutdown")
    assert set(search(submit_when_shut_down).outcomes) == {error}


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"max_workers": 0}, "ValueError"),
        ({"initializer": 1}, "TypeError"),
        ({"max_tasks_per_child": 1}, "ValueError"),
        ({"max_tasks_per_child": "1"}, "TypeError"),
        ({"max_tasks_per_child": 0}, "ValueError"),
    ],
)
def test_an_executor_refuses_what_it_really_refuses(arguments: dict[str, Any], error: str) -> None:
    [outcome] = explore(ProcessPoolExecutor, mp_context=_fork, **arguments).outcomes
    assert isinstance(outcome, Raised)
    assert outcome.error == error


def one_task_a_worker(method: str) -> list[str]:
    context = multiprocessing.get_context(method)
    with ProcessPoolExecutor(1, context, max_tasks_per_child=1) as workers:
        return list(workers.map(name_worker, range(2)))


@pytest.mark.parametrize("method", [name for name in multiprocessing.get_all_start_methods() if name != "fork"])
def test_a_worker_that_has_done_its_tasks_is_replaced(method: str) -> None:
    [(first, second)] = explore(one_task_a_worker, method, schedules=1).outcomes
    assert first.endswith("-1")
    assert second.endswith("-2")


def wait_for_a_later_task() -> None:
    with executor(1, _fork.Event()) as workers:
        futures = [workers.submit(wait_or_set, number) for number in (0, 1)]
        futures[1].result()


def test_a_task_that_waits_for_a_later_one_is_told_as_a_deadlock() -> None:
    found = explore(wait_for_a_later_task)
    assert set(found.outcomes) == {DEADLOCK}
    [failure] = found.failures
    maker, worker = failure.blocked
    line = executor.__code__.co_firstlineno + 2
    name = f"ProcessPoolExecutor made at test_executors.py:{line}"
    assert maker.waits_for == f"the result of task 2, wait_or_set(), of {name}"
    assert (worker.process, worker.waits_for) == ("ForkProcess-1", "Event to be notified")
    assert worker.holds == (f"task 1, wait_or_set(), of {name}",)


def use_threads() -> None:
    ThreadPoolExecutor(1).submit(square, 1)


def submit_to(workers: list[ProcessPoolExecutor]) -> None:
    workers[0].submit(square, 1)


def share_an_executor() -> None:
    workers: list[ProcessPoolExecutor] = []
    with executor(1) as only:
        workers.append(only)
        child = _fork.Process(target=submit_to, args=(workers,))
        child.start()
        child.join()


def wait_for_the_first_of_two() -> None:
    with executor(1) as workers, executor(1) as others:
        wait([workers.submit(square, 1), others.submit(square, 2)], return_when=FIRST_COMPLETED)


def wait_for_a_strange_future() -> None:
    with executor(1) as workers:
        wait([workers.submit(square, 1), Future()])


@pytest.mark.parametrize(
    ("function", "what"),
    [
        (use_threads, "it uses an executor of threads"),
        (share_an_executor, "a process uses an executor that another has made"),
        (wait_for_the_first_of_two, "it waits for the first future of several executors"),
        (wait_for_a_strange_future, "it waits for futures of different kinds at once"),
    ],
)
def test_what_is_not_modelled_is_said(function: Callable[[], Any], what: str) -> None:
    assert explore(function).undecided.startswith(f"{what}, which cannot be scheduled, at {__file__}:")
