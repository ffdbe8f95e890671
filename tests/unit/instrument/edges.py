"""Programs with one edge each: what `before` does is ordered before `after`, what `aside` does is not.

Every function takes a `multiprocessing` context. They are importable, so that they run under every start method.
"""

from __future__ import annotations

import threading
from functools import partial
from multiprocessing.context import BaseContext
from typing import Any


def before(value: Any) -> None:
    value.value = 1


def after(value: Any) -> int:
    return int(value.value)


def aside(value: Any) -> None:
    value.value = 2


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
