"""Pools and executors: what is recorded of their tasks, and behaviour that a watch does not change."""

from __future__ import annotations

import concurrent.futures
import gc
import multiprocessing
import os
import pickle
import traceback
import weakref
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.context import BaseContext
from multiprocessing.pool import ThreadPool
from typing import Any

import pytest

from pytest_parlab.instrument import watching
from pytest_parlab.instrument.tracebacks import error_text
from tests.unit.instrument import programs


def test_every_chunk_of_a_map_is_a_task(context: BaseContext) -> None:
    with watching() as watch, context.Pool(2) as pool:
        assert pool.map(programs.square, range(5), chunksize=2) == [0, 1, 4, 9, 16]
    tasks = watch.trace.tasks
    assert [task.items for task in tasks] == [2, 2, 1]
    assert {task.function for task in tasks} == {"square"}
    assert len({task.call for task in tasks}) == 1
    (group,) = watch.trace.groups
    assert (group.kind, group.workers, group.process, group.closed, group.joined) == ("pool", 2, 0, True, True)
    for task in tasks:
        assert task.group == group.id
        assert task.process is not None
        assert watch.trace.processes[task.process].role == "worker"
        assert task.started_ns is not None
        assert task.finished_ns is not None
        assert task.retrieved_ns is not None
        assert task.submitted_ns <= task.started_ns <= task.finished_ns
        assert task.cpu_ns > 0
        assert task.argument_bytes is not None
        assert task.argument_bytes > 0
        assert task.submit_site is not None
        assert task.submit_site.path == __file__
        assert task.retrieve_site == task.submit_site


def test_an_executors_tasks_are_recorded(context: BaseContext) -> None:
    with watching() as watch, ProcessPoolExecutor(2, mp_context=context) as executor:
        assert list(executor.map(programs.square, range(5), chunksize=2)) == [0, 1, 4, 9, 16]
        assert executor.submit(programs.square, 7).result() == 49
    assert [(task.function, task.items) for task in watch.trace.tasks] == [("square", n) for n in (2, 2, 1, 1)]
    (group,) = watch.trace.groups
    assert (group.kind, group.workers, group.closed, group.joined) == ("process", 2, True, True)


@pytest.mark.parametrize(("kind", "make"), [("thread", ThreadPoolExecutor), ("thread-pool", ThreadPool)])
def test_threads_run_tasks_too(kind: str, make: Any) -> None:
    with watching() as watch, make(2) as pool:
        assert list(pool.map(programs.square, range(4))) == [0, 1, 4, 9]
    assert sum(task.items for task in watch.trace.tasks) == 4
    assert {task.process for task in watch.trace.tasks} == {0}
    assert {task.argument_bytes for task in watch.trace.tasks} == {0}
    assert [group.kind for group in watch.trace.groups] == [kind]


def test_an_error_of_a_task_reaches_the_caller_with_the_users_lines_only() -> None:
    with watching() as watch, multiprocessing.Pool(2) as pool:
        with pytest.raises(ZeroDivisionError) as caught:
            pool.map(programs.reciprocal, [1, 0, 2], chunksize=1)
        with pytest.raises(ZeroDivisionError):
            pool.apply(programs.reciprocal, (0,))
        with pytest.raises(ZeroDivisionError):
            list(pool.imap(programs.reciprocal, [0]))
    assert sorted(task.error for task in watch.trace.tasks) == ["", "", *["ZeroDivisionError: division by zero"] * 3]
    shown = "".join(traceback.format_exception(caught.value))
    assert "return 1 / number" in shown
    assert "pytest_parlab/instrument" not in shown


@pytest.mark.parametrize("make", [ProcessPoolExecutor, ThreadPoolExecutor])
def test_an_error_of_a_future_shows_the_users_lines_only(make: Any) -> None:
    with watching() as watch, make(1) as executor:
        future = executor.submit(programs.reciprocal, 0)
        with pytest.raises(ZeroDivisionError) as caught:
            future.result()
        assert isinstance(future.exception(), ZeroDivisionError)
    assert [task.error for task in watch.trace.tasks] == ["ZeroDivisionError: division by zero"]
    assert "pytest_parlab/instrument" not in "".join(traceback.format_exception(caught.value))


class _Unspeakable(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no words")


def _raise_unspeakable() -> None:
    raise _Unspeakable


def test_an_error_without_words_is_recorded_by_its_name() -> None:
    with watching() as watch, ThreadPoolExecutor(1) as executor, pytest.raises(_Unspeakable):
        executor.submit(_raise_unspeakable).result()
    assert [task.error for task in watch.trace.tasks] == ["_Unspeakable"]
    assert len(error_text(ValueError("x" * 10_000))) == 500


def test_a_task_that_cannot_be_sent_fails_as_ever() -> None:
    with watching() as watch, multiprocessing.Pool(1) as pool:
        with pytest.raises((AttributeError, pickle.PicklingError), match="lambda"):
            pool.apply(lambda: None)
        with (
            ProcessPoolExecutor(1) as executor,
            pytest.raises((AttributeError, pickle.PicklingError), match="lambda"),
        ):
            executor.submit(lambda: None).result()
    assert [task.started_ns for task in watch.trace.tasks] == [None, None][: len(watch.trace.tasks)]


def test_a_get_that_runs_out_of_time_says_so_and_orders_nothing() -> None:
    with watching() as watch, multiprocessing.Pool(1) as pool:
        with pytest.raises(multiprocessing.TimeoutError):
            pool.apply_async(programs.wait_a_while, (1,)).get(timeout=0)
        results = pool.imap(programs.square, [1, 2])
        with pytest.raises(multiprocessing.TimeoutError):
            results.next(timeout=0)
    assert watch.trace.problems == ()


def test_a_future_that_runs_out_of_time_or_is_cancelled_says_so() -> None:
    with watching() as watch, ThreadPoolExecutor(1) as executor:
        gate = multiprocessing.Event()
        running, waiting = executor.submit(gate.wait), executor.submit(programs.square, 2)
        with pytest.raises(concurrent.futures.TimeoutError):
            running.result(timeout=0)
        assert waiting.cancel()
        gate.set()
        with pytest.raises(concurrent.futures.CancelledError):
            waiting.result()
    first, second = watch.trace.tasks
    assert first.started_ns is not None
    assert second.started_ns is None


def test_a_worker_that_dies_breaks_the_executor_as_ever() -> None:
    with watching() as watch, ProcessPoolExecutor(1) as executor:
        with pytest.raises(BrokenProcessPool):
            executor.submit(programs.end_hard, 1).result()
        with pytest.raises(BrokenProcessPool):
            executor.submit(programs.square, 1)
    (task,) = watch.trace.tasks
    assert task.started_ns is not None
    assert task.finished_ns is None


def test_a_submission_that_is_refused_is_no_task() -> None:
    with watching() as watch:
        executor = ThreadPoolExecutor(1)
        executor.shutdown()
        with pytest.raises(RuntimeError, match="cannot schedule new futures after shutdown"):
            executor.submit(programs.square, 1)
        pool = multiprocessing.Pool(1)
        pool.close()
        with pytest.raises(ValueError, match="Pool not running"):
            pool.apply_async(programs.square, (1,))
        pool.join()
    assert watch.trace.tasks == ()


def test_a_pool_that_cannot_be_made_is_no_group() -> None:
    with watching() as watch:
        with pytest.raises(ValueError, match="Number of processes must be at least 1"):
            multiprocessing.Pool(0)
        with pytest.raises(ValueError, match="max_workers must be greater than 0"):
            ThreadPoolExecutor(0)
    assert watch.trace.groups == ()


def test_workers_are_replaced_as_ever() -> None:
    with watching() as watch, multiprocessing.Pool(1, maxtasksperchild=1) as pool:
        pids = [pool.apply(os.getpid) for _ in range(3)]
        pool.close()
        pool.join()
    assert len(set(pids)) == 3
    by_pid = {process.pid: process for process in watch.trace.processes}
    assert all(by_pid[pid].role == "worker" for pid in pids)


def test_callbacks_are_called_as_ever() -> None:
    good: list[int] = []
    bad: list[BaseException] = []
    with watching(), multiprocessing.Pool(1) as pool:
        pool.apply_async(programs.square, (3,), callback=good.append).wait()
        failing = pool.apply_async(programs.reciprocal, (0,), error_callback=bad.append)
        failing.wait()
        assert not failing.successful()
        pool.close()
        pool.join()
    assert good == [9]
    assert [type(error) for error in bad] == [ZeroDivisionError]


def test_a_lock_that_a_worker_makes_is_one_of_the_users() -> None:
    with watching() as watch, multiprocessing.get_context("fork").Pool(1) as pool:
        pool.map(programs.use_a_lock_made_here, [1, 2], chunksize=1)
    assert [lock.kind for lock in watch.trace.locks] == ["Lock", "Lock"]
    assert len(watch.trace.holdings) == 2


def test_a_pool_older_than_the_watch_works_unrecorded() -> None:
    with multiprocessing.Pool(1) as pool, ProcessPoolExecutor(1) as executor:
        assert executor.submit(programs.square, 2).result() == 4
        with watching() as watch:
            assert pool.map(programs.square, [3]) == [9]
            assert executor.submit(programs.square, 3).result() == 9
        assert pool.map(programs.square, [4]) == [16]
    assert watch.trace.tasks == ()
    assert watch.trace.queues == ()


def test_a_pool_of_an_earlier_watch_works_in_a_later_one() -> None:
    with watching():
        pool = multiprocessing.Pool(1)
    with watching() as watch:
        assert pool.map(programs.square, [3]) == [9]
    pool.terminate()
    pool.join()
    assert watch.trace.tasks == ()


@pytest.mark.filterwarnings("ignore:unclosed running multiprocessing pool:ResourceWarning")
def test_a_forgotten_pool_ends_when_it_is_deleted() -> None:
    gc.collect()
    gc.disable()
    try:
        with watching():
            pool = multiprocessing.Pool(1)
            gone = weakref.ref(pool)
            del pool
            assert gone() is None
    finally:
        gc.enable()


def _both(*args: int, **kwargs: int) -> tuple[tuple[int, ...], dict[str, int]]:
    return args, kwargs


@pytest.mark.parametrize("make", [ProcessPoolExecutor, ThreadPoolExecutor])
def test_arguments_of_any_name_reach_the_task(make: Any) -> None:
    with watching(), make(1) as executor:
        assert executor.submit(_both, 1, self=2, fn=3).result() == ((1,), {"self": 2, "fn": 3})


def test_an_executor_is_not_kept_alive() -> None:
    gc.collect()
    gc.disable()
    try:
        with watching():
            executor: Any = ProcessPoolExecutor(1)
            assert executor.submit(programs.square, 2).result() == 4
            queue = weakref.ref(executor._call_queue)
            executor.shutdown()
            del executor
            assert queue() is None
    finally:
        gc.enable()
