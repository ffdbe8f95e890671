"""Hooks in `threading.Thread`: start, join and ``is_alive`` order the threads of one process."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from threading import Thread
from typing import Any

from pytest_parlab.instrument import recorder
from pytest_parlab.instrument.moments import used_by_user
from pytest_parlab.instrument.patches import Patches
from pytest_parlab.instrument.tracebacks import without_hooks
from pytest_parlab.trace.records import Kind, now_ns


def install(patches: Patches) -> None:
    """Hook the thread class."""
    patches.replace(Thread, "start", _start(Thread.start))
    patches.replace(Thread, "join", _join(Thread.join, Thread.is_alive))
    patches.replace(Thread, "is_alive", _is_alive(Thread.is_alive))
    patches.replace(Thread, "_bootstrap_inner", _bootstrap_inner(vars(Thread)["_bootstrap_inner"]))


def _start(original: Callable[[Thread], None]) -> Callable[[Thread], None]:
    @wraps(original)
    def start(self: Thread) -> None:
        record = recorder.active
        if record is not None and not hasattr(self, "_parlab_token") and not _serves(self):
            token = record.new_id()
            self._parlab_token = token  # type: ignore[attr-defined]
            record.write(Kind.THREAD_START, token, now_ns())
        original(self)

    return start


def _serves(thread: Any) -> bool:
    """Tell whether a thread belongs to a manager's server: one for every connection, none of them the user's."""
    return getattr(getattr(thread, "_target", None), "__module__", "") == "multiprocessing.managers"


def _bootstrap_inner(original: Callable[[Thread], None]) -> Callable[[Thread], None]:
    @wraps(original)
    def _bootstrap_inner(self: Thread) -> None:
        record = recorder.active
        token = getattr(self, "_parlab_token", None)
        if record is None or token is None:
            return original(self)
        record.new_thread(self)
        record.write(Kind.THREAD_BEGIN, token, now_ns())
        try:
            return original(self)
        finally:
            record.write(Kind.THREAD_END, token, now_ns())

    return _bootstrap_inner


def _saw_end(thread: Thread) -> None:
    record = recorder.active
    token = getattr(thread, "_parlab_token", None)
    if record is not None and token is not None:
        record.write(Kind.THREAD_JOINED, token, now_ns())


def _join(original: Callable[..., None], is_alive: Callable[[Thread], bool]) -> Callable[..., None]:
    @wraps(original)
    def join(self: Thread, *args: Any, **kwargs: Any) -> None:
        try:
            original(self, *args, **kwargs)
        except BaseException as error:
            without_hooks(error)
            raise
        if not is_alive(self):
            _saw_end(self)

    return join


def _is_alive(original: Callable[[Thread], bool]) -> Callable[[Thread], bool]:
    @wraps(original)
    def is_alive(self: Thread) -> bool:
        alive = original(self)
        record = recorder.active
        if not alive and record is not None and used_by_user(record):
            _saw_end(self)
        return alive

    return is_alive
