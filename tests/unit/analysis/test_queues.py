"""The books of queues, from traces written by hand."""

from __future__ import annotations

from pytest_parlab.analysis.queues import queue_stats
from pytest_parlab.trace.model import Item, Queue, Trace
from tests.unit.analysis.builder import TraceBuilder, at


def trace(queues: tuple[Queue, ...], items: tuple[Item, ...]) -> Trace:
    builder = TraceBuilder()
    builder.process()
    builder.process()
    return builder.build(queues=queues, items=items)


def got(queue: int, put: int, get: int, *, at_ns: int, depth: int, size: int | None = 10) -> Item:
    """An item that was put at a moment, when it was the last of `depth`, and got 100 ns later."""
    return Item(queue, put, at_ns, at(3), depth, get, at_ns + 100, at(4), depth - 1, size)


def lost(queue: int, put: int, *, at_ns: int, depth: int) -> Item:
    return Item(queue, put, at_ns, at(3), depth)


def test_puts_gets_and_the_greatest_depth_are_counted() -> None:
    items = (got(1, 1, 0, at_ns=0, depth=1), got(1, 2, 0, at_ns=10, depth=2), got(1, 1, 2, at_ns=500, depth=1))
    [stats] = queue_stats(trace((Queue(1, "Queue", at(2), maxsize=4),), items), name_of=lambda queue: f"q{queue.id}")
    assert (stats.name, stats.kind, stats.created, stats.maxsize) == ("q1", "Queue", ("lesson.py", 2), 4)
    assert (stats.puts, stats.gets, stats.lost, stats.bytes, stats.max_depth) == (3, 3, 0, 30, 2)
    assert stats.producers == (("Process-1", 2), ("Process-2", 1))
    assert stats.consumers == (("MainProcess", 2), ("Process-2", 1))
    assert stats.depth == ((0, 1), (10, 2), (100, 0), (110, 1), (500, 1), (600, 0))


def test_what_nobody_got_is_lost() -> None:
    items = (
        got(1, 1, 0, at_ns=0, depth=1, size=None),
        lost(1, 1, at_ns=200, depth=1),
        lost(1, 1, at_ns=210, depth=2),
    )
    [stats] = queue_stats(trace((Queue(1, "SimpleQueue"),), items))
    assert (stats.puts, stats.gets, stats.lost, stats.bytes) == (3, 1, 2, 0)
    assert (stats.name, stats.created) == ("", None)


def test_queues_come_in_order_and_those_of_pools_not_at_all() -> None:
    queues = (Queue(1, "Queue"), Queue(2, "SimpleQueue", internal=True), Queue(3, "JoinableQueue"))
    items = (lost(2, 0, at_ns=0, depth=1), lost(3, 0, at_ns=0, depth=1))
    found = queue_stats(trace(queues, items))
    assert [(stats.kind, stats.puts) for stats in found] == [("Queue", 0), ("JoinableQueue", 1)]
    assert found[0].max_depth == 0
    assert found[0].depth == ()
