"""Hooks in the server process of a manager: it tells its clients what only it can know, and records nothing itself.

What it runs on behalf of a client is that client's doing, and is recorded there. So the threads that serve clients
have no place in the trace, and proxies that they use on the way mean nothing.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from functools import wraps
from multiprocessing import connection, managers
from types import FrameType
from typing import Any

from pytest_parlab.instrument.managed_queues import note_delivery
from pytest_parlab.instrument.managed_types import QUESTION, QUEUES, kind_of_object
from pytest_parlab.instrument.managed_wire import Departure, Depth, Parcel
from pytest_parlab.instrument.patches import Patches
from pytest_parlab.trace.records import now_ns

XmlListener: Any = vars(connection)["XmlListener"]

_serving = threading.local()
_inside = threading.local()
"""What a queue or a barrier counted under its own lock, for the method that goes on without it."""


def serving() -> bool:
    """Tell whether the calling thread serves a client of a manager."""
    return getattr(_serving, "clients_in", 0) == os.getpid()  # nobody's is served in what it forks


def install(patches: Patches) -> None:
    """Hook the server class; every manager's server derives from it."""
    server: Any = managers.Server
    patches.replace(server, "create", _create(server.create))
    patches.replace(server, "handle_request", _handle_request(server.handle_request))
    patches.replace(server, "fallback_mapping", {**server.fallback_mapping, QUESTION: _answer})


def _handle_request(original: Callable[..., None]) -> Callable[..., None]:
    @wraps(original)
    def handle_request(self: Any, conn: Any) -> None:
        _serving.clients_in = os.getpid()
        original(self, conn)

    return handle_request


def _create(original: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(original)
    def create(self: Any, c: Any, typeid: str, /, *args: Any, **kwds: Any) -> Any:
        ident, exposed = original(self, c, typeid, *args, **kwds)
        _equip(self, self.id_to_obj[ident][0])
        return ident, exposed

    return create


def _answer(server: Any, _conn: Any, _ident: str, thing: Any) -> tuple[str, int]:
    """What a client asks whose proxy does not say what it stands for."""
    _equip(server, thing)
    return kind_of_object(thing)


def _equip(server: Any, thing: Any) -> None:
    """Give a queue or a barrier the class that counts for the hooks and is the same in all else."""
    if type(thing) not in _EQUIPPED or isinstance(server.listener, XmlListener):  # what it tells has no form in XML
        return
    if isinstance(thing, threading.Barrier):
        thing.__class__ = _EQUIPPED[type(thing)]
        return
    with thing.mutex:
        thing.__class__ = _EQUIPPED[type(thing)]
        thing._parlab_puts = thing._qsize()


class _Counting:
    """What a queue's class is given: items know how many they leave behind, and puts tell how many there are then."""

    parlab_depth = True
    _parlab_puts = _parlab_gets = 0
    maxsize: int
    _qsize: Callable[[], int]

    def _put(self, item: Any) -> None:
        super()._put(item)  # type: ignore[misc]
        self._parlab_puts += 1
        taken_before = max(self._parlab_puts - self.maxsize, 0) if self.maxsize > 0 else 0
        _inside.depth = Depth(self._qsize(), now_ns(), taken_before)

    def _get(self) -> Any:
        item = super()._get()  # type: ignore[misc]
        self._parlab_gets += 1
        if isinstance(item, Parcel):
            item.depth, item.taken = self._qsize(), self._parlab_gets if self.maxsize > 0 else 0
        return item

    def put(self, item: Any, block: bool = True, timeout: float | None = None) -> Any:
        super().put(item, block, timeout)  # type: ignore[misc]
        return _inside.depth if isinstance(item, Parcel) else None

    def get(self, block: bool = True, timeout: float | None = None) -> Any:
        return _handed_out(super().get(block, timeout), sys._getframe(1))  # type: ignore[misc]

    def get_nowait(self) -> Any:
        return _handed_out(super().get(False), sys._getframe(1))  # type: ignore[misc]


def _handed_out(item: Any, getter: FrameType) -> Any:
    """What a get returns: to the server the parcel, which unpacks itself on arrival, to anybody else its item."""
    if not isinstance(item, Parcel):
        return item
    if getter.f_code is managers.Server.serve_client.__code__:
        return item
    note_delivery(item.queue, item.stamp, item.depth, item.taken)
    return item.item


class _CountingBarrier(threading.Barrier):
    """A barrier that says which of its meetings a thread comes from."""

    _parlab_meetings = 0

    def _release(self) -> None:
        super()._release()  # type: ignore[misc]
        self._parlab_meetings += 1

    def _exit(self) -> None:
        _inside.meeting = self._parlab_meetings  # the next one cannot begin before all have left
        super()._exit()  # type: ignore[misc]

    def wait(self, timeout: float | None = None) -> int:
        number = super().wait(timeout)
        return Departure(number, _inside.meeting, self.parties)


def _same_name(original: type, counting: type) -> type:
    counting.__module__, counting.__qualname__, counting.__name__ = (
        original.__module__,
        original.__qualname__,
        original.__name__,
    )
    return counting


_EQUIPPED: dict[type, type] = {
    **{kind: _same_name(kind, type(kind.__name__, (_Counting, kind), {})) for kind in QUEUES},
}
if all(hasattr(threading.Barrier, name) for name in ("_release", "_exit")):
    _EQUIPPED[threading.Barrier] = _same_name(threading.Barrier, _CountingBarrier)
