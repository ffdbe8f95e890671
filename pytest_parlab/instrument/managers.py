"""Hooks in the proxies of `multiprocessing.managers`: every call of a managed object's method, seen by who calls.

```
client                                          manager's server (role helper)
  proxy.method(...)
    _callmethod   <- hook: what does it mean?
      connection  --------------------------->  the object itself, one thread per client thread
```
A proxy finds out once what its object is (`managed_types`); from then on its meaning goes with it: data
(`managed_data`), something to synchronise by (`managed_locks`) or a queue (`managed_queues`).
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sized
from functools import partial, wraps
from multiprocessing import managers
from types import FrameType
from typing import Any

from pytest_parlab.instrument import managed_server, recorder
from pytest_parlab.instrument.managed_data import DATA, THE_WHOLE, Data
from pytest_parlab.instrument.managed_locks import LOCKING, lock_number, meaning_of
from pytest_parlab.instrument.managed_queues import Queue
from pytest_parlab.instrument.managed_server import serving
from pytest_parlab.instrument.managed_types import Call, can_carry, identity_of, kind_of_callable, number_in
from pytest_parlab.instrument.managed_wire import UNKNOWN, Identity, TypeId
from pytest_parlab.instrument.patches import Patches
from pytest_parlab.instrument.tracebacks import without_hooks
from pytest_parlab.instrument.unseen import name_unseen
from pytest_parlab.trace.records import Kind, now_ns

Meaning = Callable[[Call], Any]
_LOCKS = {
    "Lock": "Lock",
    "RLock": "RLock",
    "Semaphore": "Semaphore",
    "BoundedSemaphore": "BoundedSemaphore",
    "Condition": "RLock",
}
"""What the lock of a managed object is, by the object's kind."""
_METHODS = "calls of its methods"
_TASKS = "tasks of a pool in the manager's process"


def install(patches: Patches) -> None:
    """Hook proxies, the creation of managed objects, and the server."""
    proxy: Any = managers.BaseProxy
    manager: Any = managers.BaseManager
    patches.replace(proxy, "_callmethod", _callmethod(proxy._callmethod))
    patches.replace(manager, "_create", _create(manager._create))
    managed_server.install(patches)


def _callmethod(original: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(original)
    def _callmethod(self: Any, methodname: str, args: Any = (), kwds: Any = {}) -> Any:  # noqa: B006 - as it is there
        record = recorder.active
        if record is None or serving():
            return original(self, methodname, args, kwds)
        send = partial(original, self)
        try:
            known = self.__dict__.get("_parlab")
            if known is None or known[0] != record.session:
                known = self.__dict__["_parlab"] = (record.session, _meet(record, self, send))
            frame = _users_frame(record, sys._getframe(1))
            return known[1](Call(record, frame, methodname, tuple(args), kwds, send))
        except BaseException as error:
            without_hooks(error)
            raise

    return _callmethod


def _users_frame(record: recorder.Recorder, frame: FrameType | None) -> FrameType | None:
    """The innermost frame of the user's; None if it was the library that called for itself."""
    is_library = record.sites.is_library
    while frame is not None and is_library(frame.f_code):
        if frame.f_code.co_name == "_bootstrap":
            return None
        frame = frame.f_back
    return frame


def _meet(record: recorder.Recorder, proxy: Any, send: Callable[..., Any]) -> Meaning:
    """What the calls of a proxy mean in the present watch."""
    identity = identity_of(proxy, send)
    typeid = str(proxy._token.typeid)
    if identity.session != record.session:
        _describe(record, typeid, identity, site=0)
    if identity.kind in DATA:
        number = number_in(record, identity)
        return Data(identity.kind, number, identity.detail, partial(_unknown, typeid))
    if identity.kind in LOCKING:
        return meaning_of(record, identity)
    return Queue(lock_number(record, identity)) if identity.kind == "Queue" else Call.go


def _create(original: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(original)
    def _create(self: Any, typeid: str, /, *args: Any, **kwds: Any) -> Any:
        record = recorder.active
        if record is None or serving():
            return original(self, typeid, *args, **kwds)
        try:
            token, exposed = original(self, typeid, *args, **kwds)
        except BaseException as error:
            without_hooks(error)
            raise
        kind = kind_of_callable(self._registry[typeid][0])
        if kind is not None:
            kind = kind if can_carry(self._serializer, kind) else ""
            identity = _identity(record, kind, args, kwds)
            token.typeid = TypeId(typeid, identity)
            _describe(record, typeid, identity, site=record.caller(), maxsize=_first(args, kwds, "maxsize", 0))
        return token, exposed

    return _create


def _first(args: tuple[Any, ...], kwds: dict[str, Any], name: str, default: Any) -> Any:
    return args[0] if args else kwds.get(name, default)


def _identity(record: recorder.Recorder, kind: str, args: tuple[Any, ...], kwds: dict[str, Any]) -> Identity:
    """The identity of an object that was just created with these arguments."""
    detail = UNKNOWN
    lock: tuple[Any, ...] = ()
    if kind in {"Semaphore", "BoundedSemaphore"}:
        detail = int(_first(args, kwds, "value", 1))
    elif kind == "Array":
        sequence = args[1] if len(args) > 1 else kwds.get("sequence")
        detail = len(sequence) if isinstance(sequence, Sized) else UNKNOWN
    elif kind == "Condition":
        own = _first(args, kwds, "lock", None)
        if isinstance(own, managers.BaseProxy):
            lock = tuple(identity_of(own, own._callmethod))
    return Identity(kind, record.new_id(), record.session, detail, lock)


def _describe(record: recorder.Recorder, typeid: str, identity: Identity, *, site: int, maxsize: int = 0) -> None:
    """Say what an object is: its creator where it was created, everybody if it is older than the watch."""
    kind = identity.kind
    if kind in DATA:
        block = number_in(record, identity)
        fields = [] if kind in {"Value", "Array"} else [THE_WHOLE]
        record.describe(
            "block", block, kind=f"manager.{typeid}", length=max(identity.detail, 1), site=site, fields=fields
        )
        if site:
            record.write(Kind.BLOCK_CREATED, block, now_ns(), site)
    elif kind in {"", "Pool"}:
        name_unseen(record, f"manager.{typeid}", site, _TASKS if kind else _METHODS)
    elif not site:
        return  # whoever uses a lock or a queue that is older says enough
    elif kind == "Queue":
        number = lock_number(record, identity)
        record.describe("queue", number, kind=f"Manager().{typeid}", site=site, maxsize=max(int(maxsize), 0))
    elif kind in _LOCKS and not identity.lock:
        record.describe("lock", lock_number(record, identity), kind=_LOCKS[kind], site=site)


def _unknown(typeid: str, call: Call) -> None:
    """A method that a class of the user's has beside those of the library's type."""
    if call.frame is not None:
        name_unseen(call.record, f"manager.{typeid}", call.site, f"{_METHODS} ({call.method})")
