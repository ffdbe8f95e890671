"""Queues and pipes: every item's way, and behaviour that a watch does not change."""

from __future__ import annotations

import multiprocessing
import threading
from multiprocessing import queues as mp_queues
from multiprocessing.context import BaseContext
from queue import Empty, Full
from typing import Any

import pytest

from pytest_parlab.instrument import watching
from pytest_parlab.trace.model import Trace
from tests.unit.instrument import programs


def ways(trace: Trace) -> list[tuple[int, int | None]]:
    """Who put and who got each item, by process index."""
    processes = [strand.process for strand in trace.strands]
    return [(processes[i.put_strand], None if i.get_strand is None else processes[i.get_strand]) for i in trace.items]


def test_the_way_of_every_item_is_known(context: BaseContext) -> None:
    with watching() as watch:
        queue = context.Queue(7)
        process = context.Process(target=programs.put_numbers, args=(queue, 5))  # type: ignore[attr-defined]
        process.start()
        assert [queue.get() for _ in range(5)] == list(range(5))
        process.join()
        queue.close()
        queue.join_thread()
    (recorded,) = watch.trace.queues
    assert (recorded.kind, recorded.maxsize, recorded.internal) == ("Queue", 7, False)
    assert recorded.site is not None
    assert recorded.site.path == __file__
    assert ways(watch.trace) == [(1, 0)] * 5
    for number, item in enumerate(watch.trace.items):
        assert item.queue == recorded.id
        assert item.put_site is not None
        assert item.put_site.function == "put_numbers"
        assert item.get_site is not None
        assert item.get_site.path == __file__
        assert item.size is not None
        assert item.size > 0
        assert item.get_ns is not None
        assert 1 <= item.put_depth <= number + 1
        assert item.get_depth is not None
        assert 0 <= item.get_depth <= 5


@pytest.mark.parametrize("kind", ["Queue", "JoinableQueue", "SimpleQueue"])
def test_depth_is_a_count(kind: str) -> None:
    with watching() as watch:
        queue = getattr(multiprocessing, kind)()
        for number in range(3):
            queue.put(number)
        assert [queue.get() for _ in range(2)] == [0, 1]
    assert [item.put_depth for item in watch.trace.items] == [1, 2, 3]
    assert [item.get_depth for item in watch.trace.items] == [2, 1, None]
    assert [queue.kind for queue in watch.trace.queues] == [kind]
    assert all(item.size is not None for item in watch.trace.items[:2])


def test_an_item_that_nobody_gets_has_no_end() -> None:
    with watching() as watch:
        queue: Any = multiprocessing.SimpleQueue()
        queue.put("lost")
    (item,) = watch.trace.items
    assert (item.get_strand, item.get_ns, item.get_site) == (None, None, None)


def test_pools_and_executors_have_no_queues_of_the_users() -> None:
    with watching() as watch, multiprocessing.Pool(2) as pool:
        pool.map(programs.square, range(4))
    assert watch.trace.queues == ()
    assert watch.trace.items == ()
    assert watch.trace.locks == ()


def test_a_queue_older_than_the_watch_is_followed() -> None:
    queue: Any = multiprocessing.Queue()
    queue.put("before")
    with watching() as watch:
        queue.put("within")
        assert [queue.get(), queue.get()] == ["before", "within"]
    queue.put("after")
    assert queue.get() == "after"
    assert len(watch.trace.items) == 1
    assert watch.trace.items[0].get_strand == 0
    assert [(recorded.kind, recorded.site) for recorded in watch.trace.queues] == [("Queue", None)]


def test_an_item_put_under_a_watch_arrives_after_it() -> None:
    with watching():
        queue: Any = multiprocessing.Queue()
        queue.put({"some": "thing"})
    assert queue.get() == {"some": "thing"}


@pytest.mark.parametrize("kind", ["Queue", "JoinableQueue"])
def test_a_full_an_empty_and_a_closed_queue_refuse_as_ever(kind: str) -> None:
    with watching() as watch:
        queue = getattr(multiprocessing, kind)(1)
        queue.put(1)
        with pytest.raises(Full):
            queue.put(2, block=False)
        with pytest.raises(Full):
            queue.put(2, timeout=0.01)
        assert queue.get(timeout=programs.HALF_A_MINUTE) == 1
        with pytest.raises(Empty):
            queue.get_nowait()
        with pytest.raises(Empty):
            queue.get(timeout=0.01)
        queue.close()
        with pytest.raises(ValueError, match="is closed"):
            queue.put(3)
    assert len(watch.trace.items) == 1


def test_an_item_that_cannot_be_sent_is_lost_as_ever(capfd: pytest.CaptureFixture[str]) -> None:
    with watching() as watch:
        queue: Any = multiprocessing.Queue()
        queue.put(threading.Lock())
        queue.put("good")
        assert queue.get(timeout=programs.HALF_A_MINUTE) == "good"
        queue.close()
        queue.join_thread()
    lost, good = watch.trace.items
    assert (lost.size, lost.get_strand) == (None, None)
    assert good.size is not None
    assert good.get_strand == 0
    printed = capfd.readouterr().err
    assert "cannot pickle '_thread.lock' object" in printed
    assert "parlab" not in printed


def test_a_users_own_feeder_error_gets_the_item_itself() -> None:
    context = multiprocessing.get_context()
    lock, failed = threading.Lock(), []

    class Mine(mp_queues.Queue):  # type: ignore[type-arg]
        def _on_queue_feeder_error(self, _error: Exception, item: Any) -> None:
            failed.append(item)

    with watching():
        queue = Mine(ctx=context)
        queue.put(lock)
        queue.put("good")
        assert queue.get(timeout=programs.HALF_A_MINUTE) == "good"
    assert failed == [lock]


def test_an_item_that_a_simple_queue_cannot_send_was_never_put() -> None:
    with watching() as watch:
        queue: Any = multiprocessing.SimpleQueue()
        with pytest.raises(TypeError, match="cannot pickle"):
            queue.put(threading.Lock())
    assert watch.trace.items == ()


def test_too_many_task_dones_are_refused_as_ever() -> None:
    with watching():
        queue: Any = multiprocessing.JoinableQueue()
        with pytest.raises(ValueError, match=r"task_done\(\) called too many times"):
            queue.task_done()


def test_sizes_and_states_of_a_queue_stay() -> None:
    with watching():
        queue: Any = multiprocessing.Queue(2)
        assert (queue.qsize(), queue.empty(), queue.full()) == (0, True, False)
        queue.put(1)
        queue.put(2)
        assert (queue.qsize(), queue.full()) == (2, True)
        assert queue.get() == 1


def test_both_ends_of_a_pipe_send_and_receive() -> None:
    with watching():
        here, there = multiprocessing.Pipe()
        here.send([1, "two", None])
        assert there.recv() == [1, "two", None]
        there.send_bytes(b"raw")
        assert here.recv_bytes() == b"raw"
        there.close()
        with pytest.raises(EOFError):
            here.recv()


def test_items_of_several_threads_are_all_counted() -> None:
    with watching() as watch:
        queue: Any = multiprocessing.Queue()
        threads = [threading.Thread(target=programs.put_numbers, args=(queue, 50)) for _ in range(4)]
        for thread in threads:
            thread.start()
        programs.take_numbers(queue, 200)
        for thread in threads:
            thread.join()
    assert len({item.put_strand for item in watch.trace.items}) == 4
    assert all(item.get_strand == 0 for item in watch.trace.items)
    assert watch.trace.items[-1].get_depth is not None
    assert min(item.get_depth or 0 for item in watch.trace.items) == 0
