"""Hooks in `queue.Queue` and its kin, which threads of one process hand items through.

Everything is decided under the queue's own lock, so the order of items is exact: put -> get of the same item,
get k -> put k + maxsize, ``task_done`` -> ``join``. A heap keeps no order of arrival; its items are told apart by
identity, and one that is inside twice orders nothing. What others do with a queue (a manager's server does it for
other processes) is followed and orders nothing either. ``queue.SimpleQueue`` is a C type and cannot be hooked.
"""

from __future__ import annotations

import queue
from collections import deque
from collections.abc import Callable
from functools import wraps
from typing import Any

from pytest_parlab.instrument import recorder
from pytest_parlab.instrument.moments import Local, acquired, local_of, release, used_by_user
from pytest_parlab.instrument.patches import Patches
from pytest_parlab.instrument.standins import StandIn

_PASSING_ON = frozenset(vars(queue.Queue)[name].__code__ for name in ("put", "get", "put_nowait", "get_nowait"))
"""Methods that are called by the user and call the hooked ones."""


def install(patches: Patches) -> None:
    """Hook the queues of threads."""
    for kind in (queue.Queue, queue.LifoQueue, queue.PriorityQueue):
        own: Any = kind
        patches.replace(kind, "_put", _put(own._put))
        patches.replace(kind, "_get", _get(own._get))
    patches.replace(queue.Queue, "task_done", _task_done(queue.Queue.task_done))
    patches.replace(queue.Queue, "join", _join(queue.Queue.join))


class _Inside(Local):
    """What is inside a queue, as the hooks have seen it.

    Attributes:
        stamps: The stamp of each item's put, in order of their puts; 0 if it was not seen.
        put: Items put so far, counting those found inside at first.
        taken: Items taken out so far.
    """

    def __init__(self, record: recorder.Recorder) -> None:
        super().__init__(record)
        self.stamps: deque[int] = deque()
        self.put = self.taken = 0

    def __len__(self) -> int:
        return self.put - self.taken

    def check(self, size: int) -> None:
        """Forget everything if somebody has changed the queue without its methods, or before the watch."""
        if len(self) != size:
            self.put = self.taken + size
            self.forget(size)

    def forget(self, size: int) -> None:
        """Know only how many items are inside."""
        self.stamps = deque([0] * size)

    def put_in(self, _item: Any, stamp: int) -> None:
        """Note an item that was put; `stamp` is 0 if the user did not do it."""
        self.put += 1
        self.stamps.append(stamp)

    def take_out(self, _item: Any) -> int:
        """Note an item that was taken out; returns the stamp of its put, or 0 if that is not known for sure."""
        self.taken += 1
        return self.stamps.popleft()


class _Stack(_Inside):
    def take_out(self, _item: Any) -> int:
        self.taken += 1
        return self.stamps.pop()


class _Heap(_Inside):
    """What is inside a queue that gives out the least first: stamps by the identity of the item."""

    def __init__(self, record: recorder.Recorder) -> None:
        super().__init__(record)
        self._by: dict[int, list[int]] = {}

    def forget(self, size: int) -> None:  # noqa: ARG002 - a heap has no places to fill
        self._by.clear()

    def put_in(self, item: Any, stamp: int) -> None:
        self.put += 1
        self._by.setdefault(id(item), []).append(stamp)

    def take_out(self, item: Any) -> int:
        self.taken += 1
        stamps = self._by.pop(id(item), [])
        if len(stamps) < 2:  # noqa: PLR2004 - the one that was put
            return sum(stamps)
        self._by[id(item)] = [0] * (len(stamps) - 1)
        return 0


def _inside(owner: Any, record: recorder.Recorder) -> Any:
    heap, stack = isinstance(owner, queue.PriorityQueue), isinstance(owner, queue.LifoQueue)
    return local_of(owner, record, _Heap if heap else _Stack if stack else _Inside)


def _put(original: Callable[[Any, Any], None]) -> Callable[[Any, Any], None]:
    @wraps(original)
    def _put(self: Any, item: Any) -> None:
        record = recorder.active
        if record is None:
            return original(self, item)
        inside = _inside(self, record)
        inside.check(self._qsize())
        original(self, item)  # first, for a heap may refuse
        if not used_by_user(record, _PASSING_ON):
            inside.put_in(item, 0)
            return None
        stamp = record.new_stamp()
        inside.put_in(item, stamp)
        if 0 < self.maxsize < inside.put:
            acquired(record, inside.thing, inside.put - self.maxsize)
        return release(record, 0, stamp)

    return _put


def _get(original: Callable[[Any], Any]) -> Callable[[Any], Any]:
    @wraps(original)
    def _get(self: Any) -> Any:
        record = recorder.active
        if record is None:
            return original(self)
        inside = _inside(self, record)
        inside.check(self._qsize())
        item = original(self)
        stamp = inside.take_out(item)
        if not used_by_user(record, _PASSING_ON):
            return item
        if stamp:
            acquired(record, 0, stamp)
        if self.maxsize > 0:
            release(record, inside.thing, inside.taken)
        return item

    return _get


class _Closed(StandIn):
    """Stands in for a queue whose tasks are being closed: runs with its lock held."""

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "unfinished_tasks":
            self.record.signal(self.thing)
        super().__setattr__(name, value)


class _Awaited(StandIn):
    """Stands in for a queue that is joined: looks with its lock held."""

    @property
    def unfinished_tasks(self) -> int:
        count = int(vars(self)["_parlab_real"].unfinished_tasks)
        if not count:
            self.record.seen(self.thing)
        return count


def _task_done(original: Callable[[Any], None]) -> Callable[[Any], None]:
    @wraps(original)
    def task_done(self: Any) -> None:
        record = recorder.active
        if record is None or not used_by_user(record):
            return original(self)
        return original(_Closed(self, record=record, thing=_inside(self, record).thing))

    return task_done


def _join(original: Callable[[Any], None]) -> Callable[[Any], None]:
    @wraps(original)
    def join(self: Any) -> None:
        record = recorder.active
        if record is None or not used_by_user(record):
            return original(self)
        return original(_Awaited(self, record=record, thing=_inside(self, record).thing))

    return join
