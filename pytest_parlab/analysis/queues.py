"""What went through each queue of a trace, and what is still inside."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable

from pytest_parlab.analysis.queues_model import QueueHazard, QueueStats, QueueWait
from pytest_parlab.trace.model import Item, Queue, Trace

__all__ = ["QueueHazard", "QueueStats", "QueueWait", "queue_stats"]


def queue_stats(trace: Trace, *, name_of: Callable[[Queue], str] = lambda _queue: "") -> tuple[QueueStats, ...]:
    """The books of every queue of the user's, in the order of their creation.

    Args:
        trace: What happened.
        name_of: Gives the name of the variable that holds a queue.
    """
    items: dict[int, list[Item]] = defaultdict(list)
    for item in trace.items:
        items[item.queue].append(item)
    return tuple(
        _stats(trace, queue, items[queue.id], name_of(queue)) for queue in trace.queues if not queue.internal
    )


def _stats(trace: Trace, queue: Queue, items: list[Item], name: str) -> QueueStats:
    got = [item for item in items if item.get_strand is not None]
    producers = Counter(trace.process_of(item.put_strand).name for item in items)
    consumers = Counter(trace.process_of(item.get_strand).name for item in got if item.get_strand is not None)
    depth = [(item.put_ns, item.put_depth) for item in items]
    depth += [(item.get_ns or 0, item.get_depth or 0) for item in got]
    return QueueStats(
        name=name,
        kind=queue.kind,
        created=None if queue.site is None else (queue.site.path, queue.site.line),
        puts=len(items),
        gets=len(got),
        lost=len(items) - len(got),
        bytes=sum(item.size or 0 for item in items),
        max_depth=max((item.put_depth for item in items), default=0),
        depth=tuple(sorted(depth)),
        producers=tuple(sorted(producers.items())),
        consumers=tuple(sorted(consumers.items())),
        maxsize=queue.maxsize,
    )
