"""Managed queues: every item carries a stamp, so that its get is ordered after its put.

```
put(item)  Sending -> server: the queue holds a Parcel with the item ... get() -> the item; GET, depth
   ^ PUT, depth, once the server has answered: then there was room
```
In a queue with room for m, the n-th put comes after the get of number n - m: they meet like two at a barrier.

A getter unpickles exactly what was put, with or without the hooks. The depth is counted by the server while it has
the queue's lock; a server without the hooks does not tell it, and then each side counts what it has seen.
"""

from __future__ import annotations

from typing import Any

from pytest_parlab.instrument import recorder
from pytest_parlab.instrument.managed_types import Call
from pytest_parlab.instrument.managed_wire import Depth, Sending, told_depth
from pytest_parlab.instrument.stamps import arrived, note_depth
from pytest_parlab.trace.records import Kind, now_ns


class Queue:
    """The meaning of the calls of one managed queue.

    Args:
        number: Its id in the present watch.
    """

    __slots__ = ("_number",)

    def __init__(self, number: int) -> None:
        self._number = number

    def __call__(self, call: Call) -> Any:
        """Make a call, and note what went in, and what was said to be done; what comes out notes itself."""
        match call.method:
            case "put" | "put_nowait":
                return self._put(call)
            case "task_done":
                call.record.signal(self._number)
                return call.go()
            case "join":
                call.go()
                return call.record.seen(self._number)
        return call.go()

    def _put(self, call: Call) -> Any:
        args, kwds = call.args, call.kwds
        if not args and "item" not in kwds:
            return call.go()  # refused, in the queue's own words
        record = call.record
        stamp = record.new_stamp()
        sending = Sending(args[0] if args else kwds["item"], self._number, stamp)
        if args:
            args = (sending, *args[1:])
        else:
            kwds = {**kwds, "item": sending}
        asked_ns = now_ns()
        told_depth()
        answer = call.send(call.method, args, kwds)
        depth = told_depth() or Depth(max(_counted(record, self._number, "puts"), 1), asked_ns)
        if depth.taken_before:
            record.write(Kind.DEPART, self._number | 1 << 32, depth.taken_before)
        record.write(Kind.PUT, self._number, stamp, call.site)
        record.write(Kind.DEPTH, depth.items, depth.put_ns)
        return answer


def note_delivery(queue: int, stamp: int, depth: int, taken: int) -> None:
    """Record that the item with this stamp has arrived here.

    Args:
        queue: Id of the queue.
        stamp: Stamp of the item.
        depth: Items that were left in the queue; negative if the server did not count.
        taken: Items taken out of a bounded queue until then, this one included; 0 if there is no bound.
    """
    record = recorder.active
    if record is not None:
        note_depth(max(_counted(record, queue, "gets"), 0) if depth < 0 else depth)
        arrived(queue, stamp, None)
        if taken:
            record.write(Kind.ARRIVE, queue | taken << 32, taken)


def _counted(record: recorder.Recorder, queue: int, what: str) -> int:
    """Count a put or a get, and tell how many items the clients together believe to be inside."""
    record.counters.add(f"{what}-{queue:x}")
    return record.counters.total(f"puts-{queue:x}") - record.counters.total(f"gets-{queue:x}")
