"""Hooks in `concurrent.futures`: submit, the task's run in its worker, and when its result was asked for."""

from __future__ import annotations

import functools
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures import process as futures_process
from functools import wraps
from typing import Any

from pytest_parlab.instrument import recorder
from pytest_parlab.instrument.locks import building
from pytest_parlab.instrument.patches import Patches
from pytest_parlab.instrument.tasks import TaskCall, describe_task
from pytest_parlab.trace.records import Kind, now_ns


def install(patches: Patches) -> None:
    """Hook executors and futures."""
    for executor, kind in ((ProcessPoolExecutor, "process"), (ThreadPoolExecutor, "thread")):
        patches.replace(executor, "__init__", _created(executor.__init__, kind))
        patches.replace(executor, "submit", _submit(executor.submit, kind))
        patches.replace(executor, "shutdown", _shutdown(executor.shutdown))
    patches.replace(Future, "result", _asked(Future.result))
    patches.replace(Future, "exception", _asked(Future.exception))
    patches.replace(Future, "done", _done(Future.done))


def _created(original: Callable[..., None], kind: str) -> Callable[..., None]:
    @wraps(original)
    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        record = recorder.active
        if record is None:
            return original(self, *args, **kwargs)
        self._parlab_group = record.new_id()
        record.write(Kind.GROUP_CREATED, self._parlab_group, now_ns(), record.caller())
        with building("hidden"):
            original(self, *args, **kwargs)
        return record.describe("group", self._parlab_group, kind=kind, workers=self._max_workers)

    return __init__


def _user_function(function: Any, args: tuple[Any, ...]) -> tuple[Any, int]:
    """What the user asked for, and how many items: ``map`` of a process executor submits chunks."""
    chunk = getattr(futures_process, "_process_chunk", None)
    if isinstance(function, functools.partial) and function.func is chunk:
        return function.args[0], len(args[0])
    return function, 1


def _submit(original: Callable[..., Future[Any]], kind: str) -> Callable[..., Future[Any]]:
    @wraps(original)
    def submit(self: Any, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        record = recorder.active
        if record is None or not hasattr(self, "_parlab_group"):
            return original(self, fn, *args, **kwargs)
        call = record.new_id()
        record.write(Kind.CALL_SUBMITTED, call, now_ns(), record.caller())
        record.write(Kind.CALL_GROUP, call, self._parlab_group)
        function, items = _user_function(fn, args)
        describe_task(record, call, function, items)
        if kind == "thread":
            record.write(Kind.TASK_BYTES, call, 0)
        future = original(self, TaskCall(fn, call), *args, **kwargs)
        future._parlab_call = call  # type: ignore[attr-defined]
        return future

    return submit


def _shutdown(original: Callable[..., None]) -> Callable[..., None]:
    @wraps(original)
    def shutdown(self: Any, wait: bool = True, *, cancel_futures: bool = False) -> None:
        original(self, wait, cancel_futures=cancel_futures)
        record = recorder.active
        group = getattr(self, "_parlab_group", None)
        if record is not None and group is not None:
            record.write(Kind.GROUP_CLOSED, group, now_ns(), record.caller())
            if wait:
                record.write(Kind.GROUP_JOINED, group, now_ns(), record.caller())

    return shutdown


def _asked(original: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(original)
    def ask(self: Any, timeout: float | None = None) -> Any:
        record = recorder.active
        call = getattr(self, "_parlab_call", None)
        if record is None or call is None:
            return original(self, timeout)
        record.write(Kind.RESULT_ASKED, call, now_ns(), record.caller())
        try:
            return original(self, timeout)
        finally:
            if self._state == "FINISHED":
                record.write(Kind.RESULT_GOT, call, now_ns(), record.caller())

    return ask


def _done(original: Callable[[Any], bool]) -> Callable[[Any], bool]:
    @wraps(original)
    def done(self: Any) -> bool:
        answer = original(self)
        record = recorder.active
        call = getattr(self, "_parlab_call", None)
        if answer and record is not None and call is not None and record.sites.called_by_user():
            record.write(Kind.RESULT_GOT, call, now_ns(), record.caller())
        return answer

    return done
