"""Managed queues: every item's way, and behaviour that a watch does not change."""

from __future__ import annotations

import multiprocessing
import threading
from multiprocessing import managers
from multiprocessing.context import BaseContext
from queue import Empty, Full
from typing import Any

import pytest

from pytest_parlab.analysis.queues import queue_stats
from pytest_parlab.instrument import watching
from pytest_parlab.trace.model import Trace
from tests.unit.instrument import managed_programs, programs
from tests.unit.instrument.managed_programs import Mine


def ways(trace: Trace) -> list[tuple[int, int | None]]:
    """Who put and who got each item, by process index."""
    processes = [strand.process for strand in trace.strands]
    return [(processes[i.put_strand], None if i.get_strand is None else processes[i.get_strand]) for i in trace.items]


def test_the_way_of_every_item_through_a_managed_queue_is_known(context: BaseContext) -> None:
    with watching() as watch, context.Manager() as manager:
        queue = manager.Queue(7)
        process = context.Process(target=programs.put_numbers, args=(queue, 5))  # type: ignore[attr-defined]
        process.start()
        assert [queue.get() for _ in range(5)] == list(range(5))
        process.join()
    assert watch.trace.problems == ()
    (recorded,) = watch.trace.queues
    assert (recorded.kind, recorded.maxsize, recorded.internal) == ("Manager().Queue", 7, False)
    assert recorded.site is not None
    assert recorded.site.path == __file__
    producer = watch.trace.strands[watch.trace.items[0].put_strand].process
    assert watch.trace.processes[producer].role == "process"
    assert ways(watch.trace) == [(producer, 0)] * 5
    for item in watch.trace.items:
        assert item.queue == recorded.id
        assert item.put_site is not None
        assert item.put_site.function == "put_numbers"
        assert item.get_site is not None
        assert item.get_site.path == __file__
        assert item.get_ns is not None
        assert item.put_ns <= item.get_ns
    (stats,) = queue_stats(watch.trace)
    assert (stats.puts, stats.gets, stats.lost) == (5, 5, 0)


def test_the_depth_is_counted_by_the_server() -> None:
    with watching() as watch, multiprocessing.Manager() as manager:
        queue = manager.JoinableQueue()
        for number in range(2):
            queue.put(number)
        queue.put_nowait(2)
        assert [queue.get(), queue.get_nowait()] == [0, 1]
    assert [item.put_depth for item in watch.trace.items] == [1, 2, 3]
    assert [item.get_depth for item in watch.trace.items] == [2, 1, None]
    assert [queue.kind for queue in watch.trace.queues] == ["Manager().JoinableQueue"]


@pytest.mark.parametrize("kind", ["Queue", "JoinableQueue"])
def test_a_full_and_an_empty_managed_queue_refuse_as_ever(kind: str) -> None:
    with watching() as watch, multiprocessing.Manager() as manager:
        queue = getattr(manager, kind)(maxsize=1)
        assert (queue.qsize(), queue.empty(), queue.full()) == (0, True, False)
        assert queue.put(item="first") is None
        assert (queue.qsize(), queue.empty(), queue.full()) == (1, False, True)
        with pytest.raises(Full):
            queue.put("second", block=False)
        with pytest.raises(Full):
            queue.put("second", timeout=0.01)
        with pytest.raises(Full):
            queue.put_nowait("second")
        with pytest.raises(TypeError, match="item"):
            queue.put()
        assert queue.get(timeout=programs.HALF_A_MINUTE) == "first"
        with pytest.raises(Empty):
            queue.get_nowait()
        with pytest.raises(Empty):
            queue.get(timeout=0.01)
        queue.task_done()
        with pytest.raises(ValueError, match="too many times"):
            queue.task_done()
        queue.join()
        text = str(queue)
    assert text.startswith("<queue.Queue object at 0x")
    assert len(watch.trace.items) == 1
    assert watch.trace.queues[0].maxsize == 1


def test_the_hooks_stay_out_of_a_refusals_traceback() -> None:
    with watching(), multiprocessing.Manager() as manager:
        with pytest.raises(Empty) as refused:
            manager.Queue().get_nowait()
        with pytest.raises(managers.RemoteError) as wrong:
            manager.Value()  # type: ignore[call-arg]
    for caught in (refused, wrong):
        assert not [
            entry for entry in caught.traceback if "instrument" in str(entry.path) and "tests" not in str(entry.path)
        ]


def test_an_item_that_cannot_be_sent_was_never_put_into_a_managed_queue() -> None:
    with watching() as watch, multiprocessing.Manager() as manager:
        queue = manager.Queue()
        with pytest.raises(TypeError, match="cannot pickle"):
            queue.put(threading.Lock())
        queue.put("good")
        assert queue.get() == "good"
    assert len(watch.trace.items) == 1


def test_a_proxy_is_an_item_like_any_other(context: BaseContext) -> None:
    with watching() as watch, context.Manager() as manager:
        queue = manager.Queue()
        queue.put(manager.list([1, 2]))
        inner = queue.get()
        inner.append(3)
        assert list(inner) == [1, 2, 3]
    assert watch.trace.problems == ()


def test_a_queue_of_priorities_sorts_what_was_put_under_a_watch_and_what_was_not() -> None:
    manager: Any = Mine()
    manager.start()
    try:
        queue, stack = manager.PriorityQueue(), manager.LifoQueue()
        managed_programs.put_all(queue, [(3, "c"), (0, "z")])
        with watching() as watch:
            managed_programs.put_all(queue, [(2, "b"), (1, "a")])
            inside = manager.PriorityQueue()
            managed_programs.put_all(inside, [5, 3, 4])
            assert [inside.get() for _ in range(3)] == [3, 4, 5]
            managed_programs.put_all(stack, ["x", "y"])
            assert [queue.get() for _ in range(2)] == [(0, "z"), (1, "a")]
            assert stack.get() == "y"
        assert [queue.get(), queue.get(), stack.get()] == [(2, "b"), (3, "c"), "x"]
    finally:
        manager.shutdown()
    assert [queue.kind for queue in watch.trace.queues] == ["Manager().PriorityQueue"]
    assert len(ways(watch.trace)) == 3


def test_a_queue_older_than_the_watch_is_followed_and_outlives_it() -> None:
    with multiprocessing.Manager() as manager:
        queue = manager.Queue()
        queue.put("before")
        with watching() as watch:
            queue.put("within")
            queue.put("left")
            assert [queue.get(), queue.get()] == ["before", "within"]
        queue.put("after")
        assert [queue.get(), queue.get()] == ["left", "after"]
    assert [(item.put_depth, item.get_depth) for item in watch.trace.items] == [(1, 1), (2, None)]
    assert [(recorded.kind, recorded.site) for recorded in watch.trace.queues] == [("Queue", None)]


def test_one_queue_that_a_function_hands_out_is_one_queue_for_all(context: BaseContext) -> None:
    with watching() as watch:
        manager: Any = Mine(ctx=context)
        manager.start()
        try:
            first, second = manager.one_queue(), manager.one_queue()
            process = context.Process(target=programs.put_numbers, args=(first, 3))  # type: ignore[attr-defined]
            process.start()
            assert [second.get() for _ in range(3)] == [0, 1, 2]
            process.join()
        finally:
            manager.shutdown()
    assert len(watch.trace.queues) == 1
    assert [way[1] for way in ways(watch.trace)] == [0, 0, 0]
    assert [item.put_depth >= 1 for item in watch.trace.items] == [True] * 3


def test_what_was_inside_already_takes_up_room() -> None:
    with watching() as watch:
        manager: Any = Mine()
        manager.start()
        try:
            half = manager.half_full()
            half.put("new")
            assert half.get() == "old"
            half.put("newer")
            assert [half.get(), half.get()] == ["new", "newer"]
        finally:
            manager.shutdown()
    assert watch.trace.problems == ()
    assert [(item.put_depth, item.get_depth) for item in watch.trace.items] == [(2, 1), (2, 0)]


def test_a_queue_of_the_users_own_class_gets_the_items_themselves() -> None:
    with watching() as watch:
        manager: Any = Mine()
        manager.start()
        try:
            queue = manager.Picky()
            queue.put("text")
            assert queue.get() == "text"
        finally:
            manager.shutdown()
    assert watch.trace.items == ()
    (said,) = watch.trace.untracked
    assert said.startswith(f"manager.Picky used at {__file__}:")


def test_a_manager_that_speaks_xml_works_as_ever() -> None:
    with watching() as watch:
        manager: Any = Mine(serializer="xmlrpclib", address=("localhost", 0))
        manager.start()
        try:
            queue, stack, barrier, scores = (
                manager.Queue(),
                manager.one_queue(),
                manager.Barrier(1),
                manager.Namespace(),
            )
            queue.put("text")
            assert queue.get() == "text"
            stack.put([1, 2])
            assert stack.get() == [1, 2]
            assert barrier.wait() == 0
            scores.ann = 1
            assert scores.ann == 1
        finally:
            manager.shutdown()
    assert watch.trace.items == ()
    assert [access.kind for access in watch.trace.accesses] == ["write", "read"]
    assert [text.partition(" used")[0] for text in watch.trace.untracked] == [
        "manager.Queue",
        "manager.one_queue",
        "manager.Barrier",
    ]


def test_whoever_reads_the_queue_in_the_server_itself_gets_the_items_themselves() -> None:
    """A server that runs in a thread of this process shares its queue with this process."""
    managed_programs.ONE_QUEUE.queue.clear()
    with watching() as watch:
        server: Any = Mine(authkey=b"secret").get_server()
        thread = threading.Thread(target=_serve, args=(server,), daemon=True)
        thread.start()
        client: Any = Mine(address=server.address, authkey=b"secret")
        client.connect()
        client.one_queue().put({"some": "thing"})
        client.one_queue().put("other")
        assert managed_programs.ONE_QUEUE.get(timeout=programs.HALF_A_MINUTE) == {"some": "thing"}
        assert managed_programs.ONE_QUEUE.get_nowait() == "other"
        managed_programs.ONE_QUEUE.put("from here")
        assert client.one_queue().get() == "from here"
        server.stop_event.set()
        thread.join()
    assert ways(watch.trace) == [(0, 0), (0, 0)]
    assert [(item.put_depth, item.get_depth) for item in watch.trace.items] == [(1, 1), (2, 0)]


def _serve(server: Any) -> None:
    try:
        server.serve_forever()
    except SystemExit:
        server.listener.close()
