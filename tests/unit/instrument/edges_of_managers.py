"""Programs with one edge each through a manager: see `edges` for what `before`, `after` and `aside` are.

The shared value is one of `multiprocessing` itself, so that the manager's part is nothing but the edge.
"""

from __future__ import annotations

import threading
from multiprocessing.context import BaseContext
from multiprocessing.managers import SyncManager
from typing import Any

from tests.unit.instrument.edges import after, aside, before


def beside(context: BaseContext, value: Any, target: Any, *args: Any) -> Any:
    """Start a process that runs `target`."""
    process = context.Process(target=target, args=(*args, value))  # type: ignore[attr-defined]
    process.start()
    return process


def _set(event: Any, value: Any) -> None:
    before(value)
    event.set()
    aside(value)


def edge_event_wait(context: BaseContext, manager: SyncManager) -> None:
    value, event = context.Value("i", 0), manager.Event()
    process = beside(context, value, _set, event)
    assert event.wait()
    after(value)
    process.join()


def edge_event_is_set(context: BaseContext, manager: SyncManager) -> None:
    value, event = context.Value("i", 0), manager.Event()
    process = beside(context, value, _set, event)
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


def edge_condition(context: BaseContext, manager: SyncManager) -> None:
    value, condition, waits = context.Value("i", 0), manager.Condition(), manager.Event()
    process = beside(context, value, _notify, condition, waits)
    with condition:
        waits.set()
        assert condition.wait()
        after(value)
    process.join()


def edge_condition_of_a_lock(context: BaseContext, manager: SyncManager) -> None:
    value, waits = context.Value("i", 0), manager.Event()
    condition = manager.Condition(manager.Lock())
    process = beside(context, value, _notify, condition, waits)
    with condition:
        waits.set()
        assert condition.wait()
        after(value)
    process.join()


def _notify_all(condition: Any, waits: Any, value: Any) -> None:
    waits.wait()
    with condition:
        before(value)
        condition.notify_all()
    aside(value)


def edge_condition_of_many(context: BaseContext, manager: SyncManager) -> None:
    value, condition, waits = context.Value("i", 0), manager.Condition(), manager.Event()
    process = beside(context, value, _notify_all, condition, waits)
    with condition:
        waits.set()
        assert condition.wait_for(lambda: True, timeout=0.0)
        assert condition.wait(30)
        after(value)
    process.join()


def _meet(barrier: Any, value: Any) -> None:
    before(value)
    barrier.wait()
    aside(value)


def edge_barrier(context: BaseContext, manager: SyncManager) -> None:
    value, barrier = context.Value("i", 0), manager.Barrier(2)
    process = beside(context, value, _meet, barrier)
    barrier.wait()
    after(value)
    process.join()


def _meet_twice(barrier: Any, value: Any) -> None:
    barrier.wait()
    before(value)
    barrier.wait()
    aside(value)


def edge_second_meeting(context: BaseContext, manager: SyncManager) -> None:
    value, barrier = context.Value("i", 0), manager.Barrier(2)
    process = beside(context, value, _meet_twice, barrier)
    barrier.wait()
    barrier.wait()
    after(value)
    process.join()


def _release(semaphore: Any, value: Any) -> None:
    before(value)
    semaphore.release()
    aside(value)


def edge_semaphore(context: BaseContext, manager: SyncManager) -> None:
    value, semaphore = context.Value("i", 0), manager.Semaphore(0)
    process = beside(context, value, _release, semaphore)
    assert semaphore.acquire()
    after(value)
    process.join()


def edge_semaphore_by_timeout(context: BaseContext, manager: SyncManager) -> None:
    value, semaphore = context.Value("i", 0), manager.Semaphore(0)
    process = beside(context, value, _release, semaphore)
    assert semaphore.acquire(timeout=30)
    after(value)
    process.join()


def _put(queue: Any, value: Any) -> None:
    before(value)
    queue.put("item")
    aside(value)


def edge_queue(context: BaseContext, manager: SyncManager) -> None:
    value, queue = context.Value("i", 0), manager.Queue()
    process = beside(context, value, _put, queue)
    assert queue.get() == "item"
    after(value)
    process.join()


def edge_bounded_queue(context: BaseContext, manager: SyncManager) -> None:
    value, queue = context.Value("i", 0), manager.Queue(1)
    process = beside(context, value, _put, queue)
    assert queue.get(timeout=30) == "item"
    after(value)
    process.join()


def _make_room(queue: Any, value: Any) -> None:
    before(value)
    queue.get()
    aside(value)


def edge_room_in_a_queue(context: BaseContext, manager: SyncManager) -> None:
    value, queue = context.Value("i", 0), manager.Queue(2)
    queue.put(1)
    queue.put(2)
    process = beside(context, value, _make_room, queue)
    queue.put(3)
    after(value)
    process.join()


def apart_room_that_was_there(context: BaseContext, manager: SyncManager) -> None:
    value, queue = context.Value("i", 0), manager.Queue(2)
    queue.put(1)
    process = beside(context, value, _take_out, queue)
    queue.put(2)
    after(value)
    process.join()


def _take_out(queue: Any, value: Any) -> None:
    before(value)
    queue.get()


def _work_off(queue: Any, value: Any) -> None:
    queue.get()
    before(value)
    queue.task_done()
    aside(value)


def edge_joinable_queue(context: BaseContext, manager: SyncManager) -> None:
    value, queue = context.Value("i", 0), manager.JoinableQueue()
    process = beside(context, value, _work_off, queue)
    queue.put("item")
    queue.join()
    after(value)
    process.join()


def edge_event_between_threads(context: BaseContext, manager: SyncManager) -> None:
    value, event = context.Value("i", 0), manager.Event()
    thread = threading.Thread(target=_set, args=(event, value))
    thread.start()
    event.wait()
    after(value)
    thread.join()


def edge_queue_inside_a_dictionary(context: BaseContext, manager: SyncManager) -> None:
    value, queues = context.Value("i", 0), manager.dict()
    queues["mine"] = manager.Queue()
    process = beside(context, value, _put, queues["mine"])
    assert queues["mine"].get() == "item"
    after(value)
    process.join()


def _lock_and_add(lock: Any, value: Any) -> None:
    with lock:
        before(value)


def apart_lock(context: BaseContext, manager: SyncManager) -> None:
    value, lock = context.Value("i", 0), manager.Lock()
    process = beside(context, value, _lock_and_add, lock)
    with lock:
        after(value)
    process.join()


def apart_data(context: BaseContext, manager: SyncManager) -> None:
    """What one process writes into managed data and the other reads orders nothing."""
    value, results = context.Value("i", 0), manager.dict()
    process = beside(context, value, _write_then, results)
    results.get("done")
    after(value)
    process.join()


def _write_then(results: Any, value: Any) -> None:
    before(value)
    results["done"] = True


def _free_anyway(semaphore: Any, value: Any) -> None:
    with semaphore:
        before(value)


def apart_semaphore_of_two(context: BaseContext, manager: SyncManager) -> None:
    value, semaphore = context.Value("i", 0), manager.Semaphore(2)
    process = beside(context, value, _free_anyway, semaphore)
    with semaphore:
        after(value)
    process.join()


def apart_event_wait_in_vain(context: BaseContext, manager: SyncManager) -> None:
    value, event, lock = context.Value("i", 0), manager.Event(), manager.Lock()
    process = beside(context, value, _lock_and_add, lock)
    assert not event.wait(0.01)
    after(value)
    process.join()


def _announce(condition: Any, value: Any) -> None:
    before(value)
    with condition:
        condition.notify()


def apart_condition_in_vain(context: BaseContext, manager: SyncManager) -> None:
    value, condition = context.Value("i", 0), manager.Condition()
    with condition:
        assert not condition.wait(0.01)
    process = beside(context, value, _announce, condition)
    after(value)
    process.join()
