"""Hooks in the other ways to learn that a child has ended: its sentinel, ``active_children``, and the system's wait.

A sentinel is ready when the child has ended; whoever waits for it, in ``multiprocessing.connection.wait``, in
`select.select` or in a selector, knows that much and no exit code yet. A ``select.poll`` object and names that were
imported from `os` or `select` before the watch are out of reach of the hooks.
"""

from __future__ import annotations

import os
import select
import selectors
from collections.abc import Callable, Iterable
from functools import wraps
from multiprocessing import connection
from multiprocessing import process as mp_process
from types import CodeType
from typing import Any

from pytest_parlab.instrument import recorder
from pytest_parlab.instrument.moments import used_by_user
from pytest_parlab.instrument.patches import Patches
from pytest_parlab.instrument.processes import saw_end, started
from pytest_parlab.trace.records import Kind, now_ns

_SELECTORS = tuple(name for name in vars(selectors) if name.endswith("Selector"))
_WAITS = ("wait", "waitpid", "wait3", "wait4")
"""Functions of `os` that answer with a pid and a status, as far as the system has them."""
_mp_process: Any = mp_process


def install(patches: Patches) -> None:
    """Hook selectors, `select`, the waits of `os` and ``active_children``."""
    through = frozenset({_code(connection.wait)})
    for name in _SELECTORS:
        selector = getattr(selectors, name, None)
        if selector is not None and "select" in vars(selector):
            patches.replace(selector, "select", _selects(selector.select, through))
    if not hasattr(connection, "_WaitSelector"):  # sentinels are handles there, and nothing selects
        patches.replace(connection, "wait", _wait(connection.wait))
    patches.replace(select, "select", _select(select.select))
    for name in _WAITS:
        if hasattr(os, name) and hasattr(os, "WIFEXITED"):
            patches.replace(os, name, _system_wait(getattr(os, name)))
    through = frozenset({_code(mp_process.active_children)})
    patches.replace(mp_process, "_cleanup", _cleanup(_mp_process._cleanup, through))


def _code(function: Any) -> CodeType:
    return function.__code__  # type: ignore[no-any-return]


def note_sentinels(ready: Iterable[Any]) -> None:
    """Record which processes have ended, as told by what a wait gave out as ready."""
    record = recorder.active
    handles = {one for one in ready if isinstance(one, int)}
    if record is None or not handles:
        return
    for process in tuple(started):
        popen = getattr(process, "_popen", None)
        if getattr(popen, "sentinel", None) in handles:
            record.write(Kind.SENTINEL_READY, process.pid or 0, now_ns())


def _selects(original: Callable[..., Any], through: frozenset[CodeType]) -> Callable[..., Any]:
    @wraps(original)
    def select(self: Any, timeout: float | None = None) -> Any:
        ready = original(self, timeout)
        record = recorder.active
        if ready and record is not None and used_by_user(record, through):
            note_sentinels(key.fileobj for key, _ in ready)
        return ready

    return select


def _wait(original: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(original)
    def wait(object_list: Any, timeout: float | None = None) -> Any:
        ready = original(object_list, timeout)
        record = recorder.active
        if ready and record is not None and used_by_user(record):
            note_sentinels(ready)
        return ready

    return wait


def _select(original: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(original)
    def select(*args: Any) -> Any:
        answer = original(*args)
        record = recorder.active
        if answer[0] and record is not None and used_by_user(record):
            note_sentinels(answer[0])
        return answer

    return select


def _system_wait(original: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(original)
    def wait(*args: Any, **kwargs: Any) -> Any:
        answer = original(*args, **kwargs)
        record = recorder.active
        pid, status = answer[:2]
        if record is not None and pid and (os.WIFEXITED(status) or os.WIFSIGNALED(status)) and used_by_user(record):
            code = os.waitstatus_to_exitcode(status)
            record.write(Kind.END_SEEN, pid | (code & 0xFFFF) << 32, now_ns(), record.caller())
        return answer

    return wait


def _cleanup(original: Callable[[], None], through: frozenset[CodeType]) -> Callable[[], None]:
    """Runs first in ``active_children``, which waits for those that have ended and gives out the others."""

    @wraps(original)
    def _cleanup() -> None:
        original()
        record = recorder.active
        if record is not None and used_by_user(record, through):
            for process in tuple(started):
                saw_end(process)

    return _cleanup
