"""Managers under control: the server runs outside of it, and each call of a proxy is one operation on its object.

A call that would block in the server is tried without blocking instead; in vain, it waits for the next call that
changes the object. What a manager offers besides (conditions, barriers, pools) cannot be scheduled.
"""

from __future__ import annotations

import os
import queue as queues
import threading
import time
from collections.abc import Callable
from functools import partial, wraps
from multiprocessing import managers
from multiprocessing.process import current_process
from typing import Any, NamedTuple

from pytest_parlab.explore.control import controller
from pytest_parlab.explore.control import layout as rows
from pytest_parlab.explore.control.controller import Controller
from pytest_parlab.explore.control.layout import Needs
from pytest_parlab.explore.control.story import Named, shown
from pytest_parlab.explore.operations import Kind, resource_of
from pytest_parlab.instrument.patches import Patches

_DATA = frozenset({"Namespace", "Value", "dict", "list", "Array", "Iterator"})
_LOCKS = frozenset({"Lock", "RLock", "Semaphore", "BoundedSemaphore"})
_READS = frozenset(
    {"__contains__", "__getattribute__", "__getitem__", "__iter__", "__len__", "__repr__", "__str__", "#GETVALUE"}
    | {"copy", "count", "empty", "full", "get", "index", "is_set", "items", "keys", "qsize", "values"}
)
"""Methods that leave an object as it is; ``get`` of a queue does not."""
_LOOK_S = 0.2
_made: dict[str, str] = {}
"""Object in a server to the place where it was made."""


class _Blocking(NamedTuple):
    """How a call that may block is made without blocking.

    Attributes:
        method: What is called instead.
        args: With which arguments.
        blocks: It was to block.
        timeout_s: For so long at most.
        refusal: What is raised in vain; None if False is returned.
    """

    method: str
    args: tuple[Any, ...]
    blocks: bool
    timeout_s: float | None
    refusal: type[Exception] | None = None


def install(patches: Patches) -> None:
    """Replace how servers are started, how objects are made in them, and how those are called."""
    manager, proxy = managers.BaseManager, managers.BaseProxy
    patches.replace(manager, "start", _start(manager.start))
    patches.replace(manager, "_run_server", classmethod(_serve(vars(manager)["_run_server"].__func__)))
    patches.replace(manager, "_create", _create(vars(manager)["_create"]))
    patches.replace(proxy, "_callmethod", _callmethod(proxy._callmethod))


def _start(original: Callable[..., None]) -> Callable[..., None]:
    @wraps(original)
    def start(self: Any, *args: Any, **kwargs: Any) -> None:
        control = controller.active
        if control is None:
            original(self, *args, **kwargs)
            return
        current_process()._config["tempdir"] = control.session  # type: ignore[attr-defined]  # it is removed
        controller.active = None
        try:
            original(self, *args, **kwargs)
        finally:
            controller.active = control
        ends = control.at_end if control.repeater is None else control.repeater.put_back
        ends.append(partial(_stop, self))

    return start


def _stop(manager: Any) -> None:
    """End a server; the process that has started it leaves the schedule."""
    control, controller.active = controller.active, None
    try:
        manager.shutdown()
    finally:
        controller.active = control


def _serve(original: Callable[..., None]) -> Callable[..., None]:
    @wraps(original)
    def _run_server(*args: Any, **kwargs: Any) -> None:
        threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
        original(*args, **kwargs)

    return _run_server


def _end_with(parent: int) -> None:
    """End this process after the one that has started it, which may have been killed."""
    while os.getppid() == parent:
        time.sleep(_LOOK_S)
    os._exit(1)


def _key(token: Any) -> str:
    return f"managed {token.address} {token.id}"


def _create(original: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(original)
    def _create(self: Any, typeid: str, /, *args: Any, **kwargs: Any) -> Any:
        created = original(self, typeid, *args, **kwargs)
        control = controller.active
        if control is not None:
            control.name_slot(_key(created[0]))  # numbered in the order in which they are made
            _made[_key(created[0])] = control.made_at()
        return created

    return _create


def _callmethod(original: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(original)
    def _callmethod(self: Any, methodname: str, args: Any = (), kwds: Any = {}) -> Any:  # noqa: B006 - as it is there
        control = controller.active
        if control is None:
            return original(self, methodname, args, kwds)
        blocking = _blocking(self._token.typeid, methodname, args, kwds)
        if blocking is not None:
            return _call_patiently(control, self, blocking, partial(original, self))
        return _call(control, self, methodname, partial(original, self, methodname, args, kwds), args)

    return _callmethod


def _blocking(typeid: str, method: str, args: tuple[Any, ...], kwds: dict[str, Any]) -> _Blocking | None:
    """How a call is made without blocking; None for one that never blocks."""
    if typeid in _LOCKS and method == "acquire":
        block, timeout = _two(args, kwds, "blocking")
        return _Blocking("acquire", (False,), bool(block), timeout)
    if typeid == "Event" and method == "wait":
        timeout = kwds.get("timeout", args[0] if args else None)
        return _Blocking("is_set", (), True, timeout)
    if typeid == "Queue" and method == "get":
        block, timeout = _two(args, kwds, "block")
        return _Blocking("get", (False,), bool(block), timeout, queues.Empty)
    if typeid == "Queue" and method == "put":
        item, args = (args[0], args[1:]) if args else (kwds["item"], ())
        block, timeout = _two(args, kwds, "block")
        return _Blocking("put", (item, False), bool(block), timeout, queues.Full)
    return None


def _two(args: tuple[Any, ...], kwds: dict[str, Any], name: str) -> tuple[Any, Any]:
    """Whether to block, and for how long."""
    block, timeout = (*args, *(True, None)[len(args) :])[:2]
    return kwds.get(name, block), kwds.get("timeout", timeout)


def _slot(control: Controller, proxy: Any) -> tuple[int, memoryview, Named]:
    typeid, key = proxy._token.typeid, _key(proxy._token)
    calls = _LOCKS | _DATA | {"Event", "Queue"}
    if typeid not in calls and typeid in managers.SyncManager._registry:  # type: ignore[attr-defined]
        control.unmodelled(f"it uses a {typeid} of a manager")
    number = control.slot_named(key)
    return number, control.board.slot(number), Named(f"managed {typeid}{_made.get(key, '')}", number)


def _call(control: Controller, proxy: Any, method: str, send: Callable[[], Any], args: tuple[Any, ...]) -> Any:
    number, words, thing = _slot(control, proxy)
    reads = method in _READS
    control.point(Kind.CALL, resource_of(number), thing, changes=not reads)
    words[rows.VALUE] += not reads
    result = send()
    name, given = method.strip("#").lower(), ", ".join(shown(repr(arg)) for arg in args)
    gives = "" if result is None else f" = {shown(repr(result))}"
    control.tell(f"calls {name}({given}){gives} of", thing)
    return result


def _call_patiently(control: Controller, proxy: Any, call: _Blocking, send: Callable[..., Any]) -> Any:
    number, words, thing = _slot(control, proxy)
    resource = resource_of(number)
    control.point(Kind.CALL, resource, thing, looks=not call.blocks)
    ends_ns = None if call.timeout_s is None else control.board.clock_ns + call.timeout_s * 1e9
    while True:
        refused: Exception | None = None
        try:
            result = send(call.method, call.args)
        except (queues.Empty, queues.Full) as error:
            refused, result = error, False
        if refused is None and result is not False:
            words[rows.VALUE] += call.method != "is_set"
            control.board.changed()
            control.tell(f"calls {call.method}() of", thing)
            return result
        left_s = None if ends_ns is None else (ends_ns - control.board.clock_ns) / 1e9
        if not call.blocks or (left_s is not None and left_s <= 0):
            control.tell(f"calls {call.method}() in vain of", thing)
            if refused is not None:
                raise refused
            return result
        control.tell("waits for", thing)
        control.point(
            Kind.CALL, resource, thing, looks=False, needs=Needs.OTHER_VALUE, first=number,
            second=words[rows.VALUE], timeout_s=left_s,
        )  # fmt: skip
