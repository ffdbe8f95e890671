"""Programs with one edge each, made by a pool or an executor; see `edges` for what is ordered and what is not."""

from __future__ import annotations

import concurrent.futures
import threading
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing.context import BaseContext
from typing import Any

from tests.unit.instrument.edges import after, aside, before

_shared: list[Any] = []


def keep(value: Any) -> None:
    _shared[:] = [value]


def task(number: int) -> int:
    (before, after, aside)[number](_shared[0])
    return number


def _pool(context: BaseContext, value: Any) -> Any:
    return context.Pool(2, initializer=keep, initargs=(value,))


def edge_pool_submit(context: BaseContext) -> None:
    value = context.Value("i", 0)
    with _pool(context, value) as pool:
        before(value)
        result = pool.apply_async(task, (1,))
        aside(value)
        result.get()


def edge_pool_get(context: BaseContext) -> None:
    value = context.Value("i", 0)
    with _pool(context, value) as pool:
        wanted, other = pool.apply_async(task, (0,)), pool.apply_async(task, (2,))
        wanted.get()
        after(value)
        other.get()


def edge_pool_apply(context: BaseContext) -> None:
    value = context.Value("i", 0)
    with _pool(context, value) as pool:
        pool.apply(task, (0,))
        after(value)


def edge_pool_ready(context: BaseContext) -> None:
    value = context.Value("i", 0)
    with _pool(context, value) as pool:
        result = pool.apply_async(task, (0,))
        while not result.ready():
            pass
        after(value)


def edge_pool_map(context: BaseContext) -> None:
    value = context.Value("i", 0)
    with _pool(context, value) as pool:
        pool.map(task, [0, 0, 0], chunksize=2)
        after(value)


def edge_pool_starmap(context: BaseContext) -> None:
    value = context.Value("i", 0)
    with _pool(context, value) as pool:
        pool.starmap(task, [(0,), (0,)])
        after(value)


def edge_pool_imap(context: BaseContext) -> None:
    value = context.Value("i", 0)
    with _pool(context, value) as pool:
        results = pool.imap(task, [0, 2])
        next(results)
        after(value)
        list(results)


def edge_pool_imap_in_chunks(context: BaseContext) -> None:
    value = context.Value("i", 0)
    with _pool(context, value) as pool:
        results = pool.imap(task, [0, 0, 2, 2], chunksize=2)
        next(results)
        after(value)
        list(results)


def edge_pool_imap_unordered(context: BaseContext) -> None:
    value = context.Value("i", 0)
    with _pool(context, value) as pool:
        list(pool.imap_unordered(task, [0, 0, 0]))
        after(value)


def edge_pool_callback(context: BaseContext) -> None:
    value, called = context.Value("i", 0), threading.Event()

    def callback(_: int) -> None:
        after(value)
        called.set()

    with _pool(context, value) as pool:
        pool.apply_async(task, (0,), callback=callback)
        called.wait()
        aside(value)  # an event between threads of one process is not watched


def edge_pool_join(context: BaseContext) -> None:
    value = context.Value("i", 0)
    with _pool(context, value) as pool:
        pool.apply_async(task, (0,))
        pool.close()
        pool.join()
        after(value)


def _executor(context: BaseContext, value: Any) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(2, mp_context=context, initializer=keep, initargs=(value,))


def edge_executor_submit(context: BaseContext) -> None:
    value = context.Value("i", 0)
    with _executor(context, value) as executor:
        before(value)
        executor.submit(task, 1)
        aside(value)


def edge_executor_result(context: BaseContext) -> None:
    value = context.Value("i", 0)
    with _executor(context, value) as executor:
        wanted = executor.submit(task, 0)
        executor.submit(task, 2)
        wanted.result()
        after(value)


def edge_executor_exception(context: BaseContext) -> None:
    value = context.Value("i", 0)
    with _executor(context, value) as executor:
        executor.submit(task, 0).exception()
        after(value)


def edge_executor_done(context: BaseContext) -> None:
    value = context.Value("i", 0)
    with _executor(context, value) as executor:
        future = executor.submit(task, 0)
        while not future.done():
            pass
        after(value)


def edge_executor_as_completed(context: BaseContext) -> None:
    value = context.Value("i", 0)
    with _executor(context, value) as executor:
        for _ in concurrent.futures.as_completed([executor.submit(task, 0)]):
            after(value)


def edge_executor_wait(context: BaseContext) -> None:
    value = context.Value("i", 0)
    with _executor(context, value) as executor:
        concurrent.futures.wait([executor.submit(task, 0)])
        after(value)


def edge_executor_callback(context: BaseContext) -> None:
    value = context.Value("i", 0)
    with _executor(context, value) as executor:
        executor.submit(task, 0).add_done_callback(lambda _: [after(value)])


def edge_executor_map(context: BaseContext) -> None:
    value = context.Value("i", 0)
    with _executor(context, value) as executor:
        list(executor.map(task, [0, 0, 0], chunksize=2))
        after(value)


def edge_executor_shutdown(context: BaseContext) -> None:
    value = context.Value("i", 0)
    with _executor(context, value) as executor:
        executor.submit(task, 0)
    after(value)


def edge_thread_executor(context: BaseContext) -> None:
    value = context.Value("i", 0)
    with ThreadPoolExecutor(2) as executor:
        executor.submit(before, value).result()
        other = executor.submit(aside, value)
        after(value)
        other.result()
