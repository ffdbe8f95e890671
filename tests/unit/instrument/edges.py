"""Programs with one edge each: what `before` does is ordered before `after`, what `aside` does is not.

Every function takes a `multiprocessing` context. They are importable, so that they run under every start method.
"""

from __future__ import annotations

import concurrent.futures
import threading
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial
from multiprocessing.context import BaseContext
from typing import Any

_shared: list[Any] = []


def before(value: Any) -> None:
    value.value = 1


def after(value: Any) -> int:
    return int(value.value)


def aside(value: Any) -> None:
    value.value = 2


def keep(value: Any) -> None:
    _shared[:] = [value]


def task(number: int) -> int:
    (before, after, aside)[number](_shared[0])
    return number


def edge_start(context: BaseContext) -> None:
    value = context.Value("i", 0)
    before(value)
    process = context.Process(target=after, args=(value,))  # type: ignore[attr-defined]
    process.start()
    aside(value)
    process.join()


def edge_join(context: BaseContext) -> None:
    value = context.Value("i", 0)
    joined = context.Process(target=before, args=(value,))  # type: ignore[attr-defined]
    running = context.Process(target=aside, args=(value,))  # type: ignore[attr-defined]
    joined.start()
    running.start()
    joined.join()
    after(value)
    running.join()


def edge_is_alive(context: BaseContext) -> None:
    value = context.Value("i", 0)
    process = context.Process(target=before, args=(value,))  # type: ignore[attr-defined]
    process.start()
    while process.is_alive():
        pass
    after(value)


def edge_exit_code(context: BaseContext) -> None:
    value = context.Value("i", 0)
    process = context.Process(target=before, args=(value,))  # type: ignore[attr-defined]
    process.start()
    while process.exitcode is None:
        pass
    after(value)


def _put(queue: Any, value: Any) -> None:
    before(value)
    queue.put("item")
    aside(value)


def _through(context: BaseContext, queue: Any) -> None:
    value = context.Value("i", 0)
    process = context.Process(target=_put, args=(queue, value))  # type: ignore[attr-defined]
    process.start()
    queue.get()
    after(value)
    process.join()


def edge_queue(context: BaseContext) -> None:
    _through(context, context.Queue())


def edge_bounded_queue(context: BaseContext) -> None:
    _through(context, context.Queue(1))


def edge_simple_queue(context: BaseContext) -> None:
    _through(context, context.SimpleQueue())


def _work_off(queue: Any, value: Any) -> None:
    queue.get()
    before(value)
    queue.task_done()
    aside(value)


def edge_joinable_queue(context: BaseContext) -> None:
    value, queue = context.Value("i", 0), context.JoinableQueue()
    process = context.Process(target=_work_off, args=(queue, value))  # type: ignore[attr-defined]
    process.start()
    queue.put("item")
    queue.join()
    after(value)
    process.join()


def _send(end: Any, value: Any) -> None:
    before(value)
    end.send("message")
    aside(value)


def edge_pipe(context: BaseContext) -> None:
    value = context.Value("i", 0)
    receiving, sending = context.Pipe(duplex=False)
    process = context.Process(target=_send, args=(sending, value))  # type: ignore[attr-defined]
    process.start()
    receiving.recv()
    after(value)
    process.join()


def _set(event: Any, value: Any) -> None:
    before(value)
    event.set()
    aside(value)


def edge_event_wait(context: BaseContext) -> None:
    value, event = context.Value("i", 0), context.Event()
    process = context.Process(target=_set, args=(event, value))  # type: ignore[attr-defined]
    process.start()
    event.wait()
    after(value)
    process.join()


def edge_event_is_set(context: BaseContext) -> None:
    value, event = context.Value("i", 0), context.Event()
    process = context.Process(target=_set, args=(event, value))  # type: ignore[attr-defined]
    process.start()
    while not event.is_set():
        pass
    after(value)
    process.join()


def _notify(condition: Any, waits: Any, value: Any) -> None:
    waits.wait()
    with condition:  # free only once the other waits
        before(value)
        condition.notify()
    aside(value)


def edge_condition(context: BaseContext) -> None:
    value, condition, waits = context.Value("i", 0), context.Condition(), context.Event()
    process = context.Process(target=_notify, args=(condition, waits, value))  # type: ignore[attr-defined]
    process.start()
    with condition:
        waits.set()
        condition.wait()
        after(value)
    process.join()


def _meet(barrier: Any, value: Any) -> None:
    before(value)
    barrier.wait()
    aside(value)


def edge_barrier(context: BaseContext) -> None:
    value, barrier = context.Value("i", 0), context.Barrier(2)
    process = context.Process(target=_meet, args=(barrier, value))  # type: ignore[attr-defined]
    process.start()
    barrier.wait()
    after(value)
    process.join()


def _release(semaphore: Any, value: Any) -> None:
    before(value)
    semaphore.release()
    aside(value)


def edge_semaphore(context: BaseContext) -> None:
    value, semaphore = context.Value("i", 0), context.Semaphore(0)
    process = context.Process(target=_release, args=(semaphore, value))  # type: ignore[attr-defined]
    process.start()
    semaphore.acquire()
    after(value)
    process.join()


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


def edge_thread_start(context: BaseContext) -> None:
    value = context.Value("i", 0)
    before(value)
    thread = threading.Thread(target=after, args=(value,))
    thread.start()
    aside(value)
    thread.join()


def edge_thread_join(context: BaseContext) -> None:
    value = context.Value("i", 0)
    joined, running = (threading.Thread(target=target, args=(value,)) for target in (before, aside))
    joined.start()
    running.start()
    joined.join()
    after(value)
    running.join()


def edge_thread_executor(context: BaseContext) -> None:
    value = context.Value("i", 0)
    with ThreadPoolExecutor(2) as executor:
        executor.submit(before, value).result()
        other = executor.submit(aside, value)
        after(value)
        other.result()


def edge_event_between_threads(context: BaseContext) -> None:
    value, event = context.Value("i", 0), context.Event()
    thread = threading.Thread(target=_set, args=(event, value))
    thread.start()
    event.wait()
    after(value)
    thread.join()


def _twice_around(barrier: Any, value: Any) -> None:
    barrier.wait()
    barrier.wait()
    aside(value)


def edge_action_of_a_barrier(context: BaseContext) -> None:
    value = context.Value("i", 0)
    barrier = context.Barrier(2, action=partial(before, value))
    process = context.Process(target=_twice_around, args=(barrier, value))  # type: ignore[attr-defined]
    process.start()
    barrier.wait()
    barrier.wait()
    after(value)
    process.join()
