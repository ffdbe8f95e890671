"""Hooks in the queues and pipes of `multiprocessing`.

```
put()  -> capacity -> buffer.append ......... feeder thread -> pipe ...... get(): recv_bytes -> unpickle
                      ^ PUT, stamp, depth                     ^ SENT              ^ count       ^ GET
```
The item is counted as inside from the moment that ``put`` has found room for it, and as out from the moment that a
reader has taken its bytes, while that reader still has the queue's lock; so the depth is a count and not a timing.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import wraps
from multiprocessing import connection, util
from multiprocessing import queues as mp_queues
from typing import Any

from pytest_parlab.instrument import recorder
from pytest_parlab.instrument.locks import building, identity_of
from pytest_parlab.instrument.patches import Patches
from pytest_parlab.instrument.stamps import Stamped, note_depth
from pytest_parlab.trace.records import Kind, now_ns

_UNBOUNDED = 1 << 30
_SENTINEL: Any = vars(mp_queues)["_sentinel"]  # the feeder's end mark


def install(patches: Patches) -> None:
    """Hook queues and pipes, also queues that exist already."""
    for kind in (mp_queues.Queue, mp_queues.JoinableQueue, mp_queues.SimpleQueue):
        if "__init__" in vars(kind):
            patches.replace(kind, "__init__", _created(kind.__init__))
    patches.replace(mp_queues.Queue, "_reset", _reset(vars(mp_queues.Queue)["_reset"]))
    patches.replace(mp_queues.Queue, "_on_queue_feeder_error", staticmethod(_unwrap(_feeder_error(mp_queues.Queue))))
    patches.replace(mp_queues.SimpleQueue, "put", _simple_put(mp_queues.SimpleQueue.put))
    patches.replace(mp_queues.SimpleQueue, "get", _simple_get(mp_queues.SimpleQueue.get))
    pipe_end = connection._ConnectionBase
    patches.replace(pipe_end, "send", _send(pipe_end.send))
    for existing in list(util._afterfork_registry.values()):  # type: ignore[attr-defined]
        if isinstance(existing, mp_queues.Queue) and existing._thread is None:  # type: ignore[attr-defined]
            _equip(existing)


def queue_number(queue: Any) -> int:
    """The id of a queue: that of the lock of its reading end. 0 for a part of a pool or an executor."""
    identity = identity_of(queue._rlock)
    return 0 if identity.role == "hidden" else identity.number


def _created(original: Callable[..., None]) -> Callable[..., None]:
    @wraps(original)
    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        with building("internal"):
            original(self, *args, **kwargs)
        record = recorder.active
        if record is None or not queue_number(self) or getattr(self, "_parlab_described", False):
            return
        self._parlab_described = True
        maxsize = getattr(self, "_maxsize", 0)
        record.describe(
            "queue",
            queue_number(self),
            kind=type(self).__name__,
            site=record.caller(),
            maxsize=maxsize if maxsize < _UNBOUNDED else 0,
        )

    return __init__


class _Buffer(deque[Any]):
    """The items that wait for the feeder: what is appended gets its stamp here, once there is room for it."""

    def __init__(self, queue: Any) -> None:
        super().__init__()
        self._queue = queue

    def append(self, item: Any) -> None:
        record = recorder.active
        number = 0 if record is None or item is _SENTINEL else queue_number(self._queue)
        super().append(_stamp(record, number, item) if record is not None and number else item)


def _stamp(record: recorder.Recorder, queue: int, item: Any) -> Stamped:
    stamp = record.new_stamp()
    record.counters.add(f"puts-{queue:x}")
    record.write(Kind.PUT, queue, stamp, record.caller())
    record.write(Kind.DEPTH, max(depth(record, queue), 1), now_ns())
    return Stamped(item, queue, stamp)


def depth(record: recorder.Recorder, queue: int) -> int:
    """Items inside a queue now. Puts are read first, so an item is never counted that has been got already."""
    puts = record.counters.total(f"puts-{queue:x}")
    return max(puts - record.counters.total(f"gets-{queue:x}"), 0)


def _reset(original: Callable[..., None]) -> Callable[..., None]:
    @wraps(original)
    def _reset(self: Any, *args: Any, **kwargs: Any) -> None:
        original(self, *args, **kwargs)
        _equip(self)

    return _reset


def _equip(queue: Any) -> None:
    """Give a queue object the buffer that stamps and the pipe ends that count."""
    queue._buffer = _Buffer(queue)
    queue._send_bytes = _counted_send(queue, queue._writer.send_bytes)
    queue._recv_bytes = _counted_receive(queue, queue._reader.recv_bytes)


def _counted_send(queue: Any, raw: Callable[..., None]) -> Callable[..., None]:
    def send_bytes(data: Any) -> None:
        record = recorder.active
        number = queue_number(queue) if record is not None else 0
        if record is not None and number:
            record.write(Kind.SENT, number, len(data))
        raw(data)

    return send_bytes


def _counted_receive(queue: Any, raw: Callable[..., Any]) -> Callable[..., Any]:
    def recv_bytes(*args: Any) -> Any:
        data = raw(*args)
        record = recorder.active
        number = queue_number(queue) if record is not None else 0
        if record is not None and number:
            record.counters.add(f"gets-{number:x}")
            note_depth(depth(record, number))
        return data

    return recv_bytes


def _feeder_error(kind: Any) -> Callable[..., None]:
    original: Callable[..., None] = kind._on_queue_feeder_error
    return original


def _unwrap(original: Callable[..., None]) -> Callable[..., None]:
    @wraps(original)
    def _on_queue_feeder_error(error: BaseException, item: Any) -> None:
        original(error, item.item if isinstance(item, Stamped) else item)

    return _on_queue_feeder_error


def _simple_put(original: Callable[[Any, Any], None]) -> Callable[[Any, Any], None]:
    @wraps(original)
    def put(self: Any, item: Any) -> None:
        record = recorder.active
        number = queue_number(self) if record is not None else 0
        original(self, _stamp(record, number, item) if record is not None and number else item)

    return put


def _simple_get(original: Callable[[Any], Any]) -> Callable[[Any], Any]:
    @wraps(original)
    def get(self: Any) -> Any:
        record = recorder.active
        number = queue_number(self) if record is not None else 0
        if record is None or not number:
            return original(self)
        with self._rlock:
            data = self._reader.recv_bytes()
            record.counters.add(f"gets-{number:x}")
            note_depth(depth(record, number))
        return mp_queues._ForkingPickler.loads(data)  # type: ignore[attr-defined]

    return get


def _send(original: Callable[[Any, Any], None]) -> Callable[[Any, Any], None]:
    @wraps(original)
    def send(self: Any, item: Any) -> None:
        record = recorder.active
        if record is None or not record.sites.called_by_user():
            return original(self, item)  # the library's own messages (pools, managers) have edges of their own
        stamp = record.new_stamp()
        record.write(Kind.SEND, 0, stamp, record.caller())
        return original(self, Stamped(item, 0, stamp))

    return send
