"""Pools and executors: tasks go to whichever worker is free."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor, as_completed
from typing import Any

from tests.explore.litmus import A_SECOND, NO, YES, add, gives

_kept: list[Any] = []


def _keep(value: Any) -> None:
    _kept[:] = [value]


def _add_to_kept(_: int) -> None:
    add(_kept[0])


def _square(number: int) -> int:
    return number * number


def _refuse(number: int) -> int:
    raise ValueError(number)


@gives((1, 4))
def a_pool_maps_in_order(context: Any) -> list[int]:
    with context.Pool(2) as pool:
        return list(pool.map(_square, [1, 2]))


@gives((1, 4), (4, 1))
def a_pool_answers_in_any_order(context: Any) -> list[int]:
    with context.Pool(2) as pool:
        return list(pool.imap_unordered(_square, [1, 2]))


@gives((1, 4))
def a_pool_of_one_answers_in_order(context: Any) -> list[int]:
    with context.Pool(1) as pool:
        return list(pool.imap_unordered(_square, [1, 2]))


@gives(1, 2)
def tasks_of_a_pool_add_to_a_value(context: Any) -> int:
    value = context.Value("i", 0)
    with context.Pool(2, _keep, (value,)) as pool:
        pool.map(_add_to_kept, range(2), chunksize=1)
    return int(value.value)


@gives(2)
def tasks_of_a_pool_of_one_add_to_a_value(context: Any) -> int:
    value = context.Value("i", 0)
    with context.Pool(1, _keep, (value,)) as pool:
        pool.map(_add_to_kept, range(2), chunksize=1)
    return int(value.value)


@gives(2)
def tasks_in_one_chunk_add_to_a_value(context: Any) -> int:
    value = context.Value("i", 0)
    with context.Pool(2, _keep, (value,)) as pool:
        pool.map(_add_to_kept, range(2), chunksize=2)
    return int(value.value)


@gives(0, 1)
def a_task_that_nobody_waits_for(context: Any) -> int:
    value = context.Value("i", 0)
    with context.Pool(1, _keep, (value,)) as pool:
        pool.apply_async(_add_to_kept, (0,))
        return int(value.value)


@gives(1)
def a_pool_is_closed_and_joined(context: Any) -> int:
    value = context.Value("i", 0)
    pool = context.Pool(1, _keep, (value,))
    pool.apply_async(_add_to_kept, (0,))
    pool.close()
    pool.join()
    return int(value.value)


@gives(YES, NO)
def a_result_may_be_ready(context: Any) -> bool:
    with context.Pool(1) as pool:
        result = pool.apply_async(_square, (2,))
        ready = bool(result.ready())
        result.get()
    return ready


@gives("ValueError")
def a_task_of_a_pool_fails(context: Any) -> str:
    with context.Pool(1) as pool:
        try:
            pool.apply(_refuse, (1,))
        except ValueError as error:
            return type(error).__name__
    return "done"


def _await_kept(_: int) -> None:
    _kept[0].wait()


@gives("TimeoutError")
def a_result_that_never_comes(context: Any) -> str:
    event = context.Event()
    with context.Pool(1, _keep, (event,)) as pool:
        try:
            pool.apply_async(_await_kept, (0,)).get(A_SECOND)
        except multiprocessing.TimeoutError as error:
            return type(error).__name__
    return "done"


@gives((1, 4))
def an_executor_maps_in_order(context: Any) -> list[int]:
    with ProcessPoolExecutor(2, mp_context=context) as executor:
        return list(executor.map(_square, [1, 2]))


@gives((1, 4), (4, 1))
def an_executor_completes_in_any_order(context: Any) -> list[int]:
    with ProcessPoolExecutor(2, mp_context=context) as executor:
        return [future.result() for future in as_completed([executor.submit(_square, n) for n in (1, 2)])]


@gives(1, 2)
def tasks_of_an_executor_add_to_a_value(context: Any) -> int:
    value = context.Value("i", 0)
    with ProcessPoolExecutor(2, mp_context=context, initializer=_keep, initargs=(value,)) as executor:
        for number in range(2):
            executor.submit(_add_to_kept, number)
    return int(value.value)


@gives(2)
def tasks_of_an_executor_of_one_add_to_a_value(context: Any) -> int:
    value = context.Value("i", 0)
    with ProcessPoolExecutor(1, mp_context=context, initializer=_keep, initargs=(value,)) as executor:
        for number in range(2):
            executor.submit(_add_to_kept, number)
    return int(value.value)


@gives(YES, NO)
def a_future_may_be_done(context: Any) -> bool:
    with ProcessPoolExecutor(1, mp_context=context) as executor:
        future = executor.submit(_square, 2)
        done = future.done()
        future.result()
    return done


@gives("ValueError")
def a_task_of_an_executor_fails(context: Any) -> str:
    with ProcessPoolExecutor(1, mp_context=context) as executor:
        try:
            executor.submit(_refuse, 1).result()
        except ValueError as error:
            return type(error).__name__
    return "done"
