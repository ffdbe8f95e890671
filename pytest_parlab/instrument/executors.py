"""Hooks in `concurrent.futures`: submit, the task's run in its worker, and when its result was asked for.

A task is ordered before whatever saw that it had ended: ``result``, ``exception``, ``done``, a callback, a future
that ``as_completed`` or ``wait`` gave out, and ``shutdown``, which joins the threads and processes.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor, _base
from concurrent.futures import process as futures_process
from functools import wraps
from typing import Any

from pytest_parlab.instrument import recorder
from pytest_parlab.instrument.building import building
from pytest_parlab.instrument.groups import group_created, group_ended, group_of, result_asked
from pytest_parlab.instrument.patches import Patches
from pytest_parlab.instrument.tasks import TaskCall, describe_task
from pytest_parlab.trace.records import Kind, now_ns

_OVER = frozenset({"CANCELLED", "CANCELLED_AND_NOTIFIED", "FINISHED"})


def install(patches: Patches) -> None:
    """Hook executors and futures."""
    for executor, kind in ((ProcessPoolExecutor, "process"), (ThreadPoolExecutor, "thread")):
        patches.replace(executor, "__init__", _created(executor.__init__, kind))
        patches.replace(executor, "submit", _submit(executor.submit, kind))
        patches.replace(executor, "shutdown", _shutdown(executor.shutdown))
    patches.replace(Future, "result", result_asked(Future.result, _answered))
    patches.replace(Future, "exception", result_asked(Future.exception, _answered))
    patches.replace(Future, "done", _done(Future.done))
    patches.replace(Future, "add_done_callback", _callback_added(Future.add_done_callback))
    invoke: Callable[[Any], None] = vars(Future)["_invoke_callbacks"]
    patches.replace(Future, "_invoke_callbacks", _callbacks(invoke))
    module: Any = _base  # looked up there on every call, so names imported before are covered too
    patches.replace(_base, "_yield_finished_futures", _given_out(module._yield_finished_futures))
    patches.replace(_base, "DoneAndNotDoneFutures", _waited(module.DoneAndNotDoneFutures))


def _got(future: Any) -> None:
    """Note that the calling code knows a future's task to have ended."""
    record = recorder.active
    call = getattr(future, "_parlab_call", None)
    if record is not None and call is not None and future._state in _OVER:
        record.write(Kind.RESULT_GOT, call, now_ns(), record.caller())


def _answered(future: Any, error: BaseException | None) -> None:
    """Note what a wait for a future has told: nothing, if it ended by an error that is not the task's."""
    if error is None or error is future._exception:
        _got(future)


def _created(original: Callable[..., None], kind: str) -> Callable[..., None]:
    @wraps(original)
    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        with building("hidden"):
            original(self, *args, **kwargs)
        group_created(self, kind, self._max_workers)

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
        group = None if record is None else group_of(record, self)
        if record is None or group is None:
            return original(self, fn, *args, **kwargs)
        call = record.new_id()
        record.write(Kind.CALL_SUBMITTED, call, now_ns(), record.caller())
        record.write(Kind.CALL_GROUP, call, group)
        future = original(self, TaskCall(fn, call), *args, **kwargs)
        future._parlab_call = call  # type: ignore[attr-defined]
        describe_task(record, call, *_user_function(fn, args))
        if kind == "thread":
            record.write(Kind.TASK_BYTES, call, 0)
        return future

    return submit


def _shutdown(original: Callable[..., None]) -> Callable[..., None]:
    @wraps(original)
    def shutdown(self: Any, wait: bool = True, *args: Any, **kwargs: Any) -> None:
        original(self, wait, *args, **kwargs)
        group_ended(self, (Kind.GROUP_CLOSED, Kind.GROUP_JOINED) if wait else (Kind.GROUP_CLOSED,))

    return shutdown


def _done(original: Callable[[Any], bool]) -> Callable[[Any], bool]:
    @wraps(original)
    def done(self: Any) -> bool:
        answer = original(self)
        record = recorder.active
        if answer and record is not None and record.sites.called_by_user():
            _got(self)
        return answer

    return done


def _callback_added(original: Callable[..., None]) -> Callable[..., None]:
    @wraps(original)
    def add_done_callback(self: Any, fn: Callable[..., object]) -> None:
        _got(self)  # a callback of a future that has ended is called at once
        original(self, fn)

    return add_done_callback


def _callbacks(original: Callable[[Any], None]) -> Callable[[Any], None]:
    @wraps(original)
    def _invoke_callbacks(self: Any) -> None:
        if self._done_callbacks:
            _got(self)
        original(self)

    return _invoke_callbacks


def _given_out(original: Callable[..., Iterator[Any]]) -> Callable[..., Iterator[Any]]:
    @wraps(original)
    def _yield_finished_futures(fs: list[Any], *args: Any, **kwargs: Any) -> Iterator[Any]:
        for future in original(fs, *args, **kwargs):
            _got(future)
            held = [future]
            del future  # as_completed keeps no reference to what it gives out
            yield held.pop()

    return _yield_finished_futures


def _waited(original: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(original, updated=())
    def DoneAndNotDoneFutures(done: Any, not_done: Any) -> Any:  # noqa: N802 - stands in for the class
        for future in done:
            _got(future)
        return original(done, not_done)

    return DoneAndNotDoneFutures
