"""An item on its way between processes, with a stamp that says which put it came from.

Pickling a `Stamped` item writes a call of `arrived`; unpickling it records the arrival and gives the item itself. So
the receiver sees exactly what was sent, whether or not it knows of this package's hooks.
"""

from __future__ import annotations

import threading
from typing import Any

from pytest_parlab.instrument import recorder
from pytest_parlab.trace.records import Kind, now_ns

_here = threading.local()


class Stamped:
    """An item and its stamp.

    Args:
        item: What the user sends.
        queue: Id of the queue; 0 for a pipe.
        stamp: Unique number of this item in the watch.
    """

    __slots__ = ("item", "queue", "stamp")

    def __init__(self, item: Any, queue: int, stamp: int) -> None:
        self.item = item
        self.queue = queue
        self.stamp = stamp

    def __reduce__(self) -> tuple[Any, ...]:
        _here.pickled = self.stamp
        return arrived, (self.queue, self.stamp, self.item)


def last_pickled() -> int:
    """The stamp of the item that this thread pickled last, once; 0 if it pickled none since it was asked."""
    stamp = int(getattr(_here, "pickled", 0))
    _here.pickled = 0
    return stamp


def note_depth(depth: int) -> None:
    """Remember how many items a queue holds after the one that is about to be unpickled was taken out."""
    _here.depth = depth


def arrived(queue: int, stamp: int, item: Any) -> Any:
    """Record that an item arrived here, and return it."""
    record = recorder.active
    if record is not None:
        site = record.caller()
        if queue:
            record.write(Kind.GET, queue, stamp, site)
            record.write(Kind.DEPTH, getattr(_here, "depth", 0), now_ns())
        else:
            record.write(Kind.RECEIVE, 0, stamp, site)
    return item
