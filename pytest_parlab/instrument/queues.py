"""Hooks in the queues of `multiprocessing`.

```
put()  -> capacity -> buffer.append ......... feeder thread -> pipe ...... get(): recv_bytes -> unpickle
                      ^ PUT, stamp, depth                     ^ SENT              ^ count       ^ GET
```
The item is counted as inside from the moment that ``put`` has found room for it, and as out from the moment that a
reader has taken its bytes, while that reader still has the queue's lock; so the depth is a count and not a timing.
The n-th item to come into a queue with room for m came after n - m had been taken out: of each reader's takings, as
many come before the ``put`` as must have been among them.
What the hooks leave on a queue object keeps its locks alive but never the queue itself.
"""

from __future__ import annotations

import threading
import weakref
from collections import deque
from collections.abc import Callable
from functools import wraps
from multiprocessing import queues as mp_queues
from multiprocessing import synchronize, util
from typing import Any

from pytest_parlab.instrument import recorder
from pytest_parlab.instrument.building import building
from pytest_parlab.instrument.locks import OLDER, identity_of, is_part
from pytest_parlab.instrument.patches import Patches
from pytest_parlab.instrument.stamps import Stamped, last_pickled, note_depth
from pytest_parlab.trace.records import Kind, now_ns

_HANDLER = "_on_queue_feeder_error"
_module: Any = mp_queues
_SENTINEL = _module._sentinel  # the feeder's end mark
_UNBOUNDED: int = vars(synchronize)["SEM_VALUE_MAX"]  # what the library makes of no maxsize
_putting = threading.local()


def install(patches: Patches) -> None:
    """Hook queues, also those that exist already."""
    for kind in (mp_queues.Queue, mp_queues.JoinableQueue, mp_queues.SimpleQueue):
        patches.replace(kind, "__init__", _created(kind.__init__))
    for putting in (mp_queues.Queue, mp_queues.JoinableQueue):
        patches.replace(putting, "put", _put(putting.put))
    patches.replace(mp_queues.Queue, "_reset", _reset(vars(mp_queues.Queue)["_reset"]))
    patches.replace(mp_queues.SimpleQueue, "put", _simple_put(mp_queues.SimpleQueue.put))
    patches.replace(mp_queues.SimpleQueue, "get", _simple_get(mp_queues.SimpleQueue.get))
    for existing in list(util._afterfork_registry.values()):  # type: ignore[attr-defined]
        if isinstance(existing, mp_queues.Queue):
            _adopt(existing)


def _adopt(queue: Any) -> None:
    """Take a queue into the watch that is older; that of an executor is not the user's."""
    hidden = type(queue).__module__ == "concurrent.futures.process"
    for lock in (queue._rlock, queue._wlock, queue._sem):
        if lock is not None:
            is_part(lock, "hidden" if hidden else "internal")
    _equip(queue)


def queue_number(read_lock: Any, record: recorder.Recorder) -> int:
    """The id of a queue: that of the lock of its reading end. 0 for a part of a pool or an executor."""
    identity = identity_of(read_lock, record)
    return 0 if identity.role == "hidden" else identity.number


def _created(original: Callable[..., None]) -> Callable[..., None]:
    @wraps(original)
    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        with building("internal"):
            original(self, *args, **kwargs)
        record = recorder.active
        if record is None:
            return
        number = queue_number(self._rlock, record)
        if not number or getattr(self, "_parlab_described", 0) == number:
            return  # a joinable queue's base class was here first
        self._parlab_described = number
        maxsize = getattr(self, "_maxsize", 0)
        record.describe(
            "queue",
            number,
            kind=type(self).__name__,
            site=record.caller(),
            maxsize=maxsize if maxsize < _UNBOUNDED else 0,
        )

    return __init__


class _Buffer(deque[Any]):
    """The items that wait for the feeder: what is appended gets its stamp here, once there is room for it."""

    def __init__(self, read_lock: Any) -> None:
        super().__init__()
        self._read_lock = read_lock

    def append(self, item: Any) -> None:
        record = recorder.active
        number = 0 if record is None or item is _SENTINEL else queue_number(self._read_lock, record)
        if record is None or not number:
            return super().append(item)
        stamp = record.new_stamp()
        taken_before = getattr(_putting, "taken_before", 0)
        if taken_before > 0:
            record.seen(number, at_least=taken_before)
        _note_put(record, number, stamp)
        return super().append(Stamped(item, number, stamp))


def _note_put(record: recorder.Recorder, queue: int, stamp: int) -> None:
    record.counters.add(f"puts-{queue:x}")
    record.write(Kind.PUT, queue, stamp, record.caller())
    record.write(Kind.DEPTH, max(_depth(record, queue), 1), now_ns())


def _note_taken(record: recorder.Recorder, queue: int) -> None:
    record.counters.add(f"gets-{queue:x}")
    note_depth(_depth(record, queue))


def _depth(record: recorder.Recorder, queue: int) -> int:
    """Items inside a queue now. Puts are read first, so an item is never counted that has been got already."""
    puts = record.counters.total(f"puts-{queue:x}")
    return max(puts - record.counters.total(f"gets-{queue:x}"), 0)


def _bound(queue: Any, number: int) -> int:
    """How many items a queue has room for; 0 if there is no bound, or if processes older than the watch use it."""
    return 0 if number & OLDER or queue._maxsize >= _UNBOUNDED else int(queue._maxsize)


def _put(original: Callable[..., None]) -> Callable[..., None]:
    """Tell the buffer how many items must have been taken out, and stamp what goes into a buffer that is older."""

    @wraps(original)
    def put(self: Any, obj: Any, block: bool = True, timeout: float | None = None) -> None:
        record = recorder.active
        number = 0 if record is None else queue_number(self._rlock, record)
        if record is None or not number:
            return original(self, obj, block, timeout)
        if isinstance(self._buffer, _Buffer):
            bound = _bound(self, number)
            _putting.taken_before = record.counters.total(f"puts-{number:x}") + 1 - bound if bound else 0
            try:
                return original(self, obj, block, timeout)
            finally:
                _putting.taken_before = 0
        stamp = record.new_stamp()
        original(self, Stamped(obj, number, stamp), block, timeout)  # its feeder runs and cannot be given another
        return _note_put(record, number, stamp)  # only now is it sure that there was room

    return put


def _reset(original: Callable[..., None]) -> Callable[..., None]:
    @wraps(original)
    def _reset(self: Any, *args: Any, **kwargs: Any) -> None:
        original(self, *args, **kwargs)
        _equip(self)

    return _reset


def _equip(queue: Any) -> None:
    """Give a queue object the buffer that stamps and the pipe ends that count."""
    if queue._thread is None:
        queue._buffer = _Buffer(queue._rlock)
    queue._send_bytes = _counted_send(queue._writer.send_bytes)
    queue._recv_bytes = _counted_receive(queue._rlock, queue._maxsize, queue._reader.recv_bytes)
    queue._on_queue_feeder_error = _unstamped(queue)


def _counted_send(raw: Callable[..., None]) -> Callable[..., None]:
    def send_bytes(data: Any) -> None:
        record = recorder.active
        stamp = last_pickled()
        if record is not None and stamp:
            record.write(Kind.SENT, stamp, len(data))
        raw(data)

    return send_bytes


def _counted_receive(read_lock: Any, maxsize: int, raw: Callable[..., Any]) -> Callable[..., Any]:
    def recv_bytes(*args: Any) -> Any:
        data = raw(*args)
        record = recorder.active
        number = queue_number(read_lock, record) if record is not None else 0
        if record is not None and number:
            _note_taken(record, number)
            if maxsize < _UNBOUNDED and not number & OLDER:
                record.signal(number)  # before the reader makes room
        return data

    return recv_bytes


def _unstamped(queue: Any) -> Callable[..., None]:
    """Give the item itself to whatever the queue's class does about one that could not be sent."""
    alive = weakref.ref(queue)

    def _on_queue_feeder_error(error: BaseException, item: Any) -> None:
        queue = alive()
        kind: Any = mp_queues.Queue if queue is None else type(queue)
        own = next(vars(base)[_HANDLER] for base in kind.__mro__ if _HANDLER in vars(base))  # static in the library
        own.__get__(queue, kind)(error, item.item if isinstance(item, Stamped) else item)

    return _on_queue_feeder_error


def _simple_number(queue: Any, record: recorder.Recorder | None) -> int:
    """The id of a queue that the user's own code is using; pools have such queues too, some older than the watch."""
    return 0 if record is None or not record.sites.called_by_user() else queue_number(queue._rlock, record)


def _simple_put(original: Callable[[Any, Any], None]) -> Callable[[Any, Any], None]:
    @wraps(original)
    def put(self: Any, obj: Any) -> None:
        record = recorder.active
        number = _simple_number(self, record)
        if record is None or not number:
            return original(self, obj)
        stamp = record.new_stamp()
        data = _module._ForkingPickler.dumps(Stamped(obj, number, stamp))  # may refuse: then nothing was put
        _note_put(record, number, stamp)
        record.write(Kind.SENT, stamp, len(data))
        if self._wlock is None:
            return self._writer.send_bytes(data)  # type: ignore[no-any-return]
        with self._wlock:
            return self._writer.send_bytes(data)  # type: ignore[no-any-return]

    return put


def _simple_get(original: Callable[[Any], Any]) -> Callable[[Any], Any]:
    @wraps(original)
    def get(self: Any) -> Any:
        record = recorder.active
        number = _simple_number(self, record)
        if record is None or not number:
            return original(self)
        with self._rlock:
            data = self._reader.recv_bytes()
            _note_taken(record, number)
        return _module._ForkingPickler.loads(data)

    return get
