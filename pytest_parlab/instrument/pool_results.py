"""Hooks in the results of a `multiprocessing.Pool`: who was told that a task has ended, and when it was asked for.

A callback runs in the pool's result thread, after the task and before anybody who waits for the result goes on.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import wraps
from multiprocessing import pool as mp_pool
from typing import Any

from pytest_parlab.instrument import recorder
from pytest_parlab.instrument.groups import result_asked
from pytest_parlab.instrument.patches import Patches
from pytest_parlab.instrument.standins import StandIn
from pytest_parlab.trace.records import ALL_PARTS, CALLED_BACK, Kind, now_ns

_RESULTS = (mp_pool.ApplyResult, mp_pool.MapResult)
_ITERATORS: tuple[Any, Any] = (mp_pool.IMapIterator, mp_pool.IMapUnorderedIterator)
_here = threading.local()


def install(patches: Patches) -> None:
    """Hook results and iterators over results."""
    patches.replace(mp_pool.ApplyResult, "get", result_asked(mp_pool.ApplyResult.get, _answered))
    patches.replace(mp_pool.ApplyResult, "wait", _waited(mp_pool.ApplyResult.wait))
    patches.replace(mp_pool.ApplyResult, "ready", _told(mp_pool.ApplyResult.ready))
    patches.replace(mp_pool.ApplyResult, "successful", _told(mp_pool.ApplyResult.successful, always=True))
    for result in _RESULTS:
        patches.replace(result, "_set", _set_result(vars(result)["_set"]))
    for iterator in _ITERATORS:
        patches.replace(iterator, "_set", _set_item(vars(iterator)["_set"]))
    following = result_asked(_next(mp_pool.IMapIterator.next), _item_got)
    patches.replace(mp_pool.IMapIterator, "next", following)
    patches.replace(mp_pool.IMapIterator, "__next__", following)


def _waited(original: Callable[..., None]) -> Callable[..., None]:
    @wraps(original)
    def wait(self: Any, timeout: float | None = None) -> None:
        record = recorder.active
        if record is None or not record.sites.called_by_user():
            return original(self, timeout)
        answers: list[bool] = []  # the library's own method keeps to itself whether the time ran out

        def wait_for_event(timeout: float | None = None) -> bool:
            answers.append(event.wait(timeout))
            return answers[-1]

        event = self._event
        original(StandIn(self, _event=StandIn(event, wait=wait_for_event)), timeout)
        if any(answers):
            _got(self)
        return None

    return wait


def _told(original: Callable[[Any], bool], *, always: bool = False) -> Callable[[Any], bool]:
    """Hook a question that is answered with True, or `always` only, when all tasks of a call have ended."""

    @wraps(original)
    def told(self: Any) -> bool:
        answer = original(self)
        record = recorder.active
        if (answer or always) and record is not None and record.sites.called_by_user():
            _got(self)
        return answer

    return told


def _answered(result: Any, error: BaseException | None) -> None:
    """Note what a wait for a result has told: nothing, if it ended by an error that is not the task's."""
    if error is None or error is getattr(result, "_value", None):
        _got(result)


def _got(result: Any) -> None:
    """Note that the calling code knows all tasks of a call to have ended, and its callback to have returned."""
    record = recorder.active
    call = getattr(result, "_parlab_call", None)
    if record is not None and call is not None:
        record.write(Kind.RESULT_GOT, call | ALL_PARTS << 32, now_ns(), record.caller())
        if result._callback or result._error_callback:
            record.write(Kind.ACQUIRE, call, CALLED_BACK)


def _set_result(original: Callable[..., None]) -> Callable[..., None]:
    """Runs in the pool's result thread: calls the callback, then lets those go on who wait for the result."""

    @wraps(original)
    def _set(self: Any, part: int, result: Any) -> None:
        record = recorder.active
        call = getattr(self, "_parlab_call", None)
        if record is None or call is None or not (self._callback or self._error_callback):
            return original(self, part, result)
        record.write(Kind.RESULT_GOT, call | part << 32, now_ns())
        self._callback = _called_back(self._callback, call)
        self._error_callback = _called_back(self._error_callback, call)
        if self._error_callback and not result[0]:
            record.write(Kind.RESULT_ASKED, call, now_ns())  # the user wants to be told of errors
        return original(self, part, result)

    return _set


def _called_back(callback: Callable[[Any], object] | None, call: int) -> Callable[[Any], object] | None:
    if callback is None or hasattr(callback, "_parlab_call"):
        return callback

    @wraps(callback)
    def call_back(result: Any) -> object:
        try:
            return callback(result)
        finally:
            record = recorder.active
            if record is not None:
                record.write(Kind.RELEASE, call, CALLED_BACK)

    call_back._parlab_call = call  # type: ignore[attr-defined]
    return call_back


def _set_item(original: Callable[..., None]) -> Callable[..., None]:
    @wraps(original)
    def _set(self: Any, part: int, result: Any) -> None:
        if hasattr(self, "_parlab_arrivals"):
            self._parlab_arrivals.append(part)
        original(self, part, result)

    return _set


class _Taken:
    """Stands in for the items that an iterator holds ready: the taking is counted while it has its lock."""

    def __init__(self, iterator: Any) -> None:
        self._iterator = iterator

    def popleft(self) -> Any:
        item = self._iterator._items.popleft()
        taken = self._iterator._parlab_taken
        self._iterator._parlab_taken = taken + 1
        _here.taken = taken
        return item


def _next(original: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(original)
    def next(self: Any, timeout: float | None = None) -> Any:  # noqa: A001 - the name of the method
        _here.taken = None
        if not hasattr(self, "_parlab_taken"):
            return original(self, timeout)
        return original(StandIn(self, _items=_Taken(self)), timeout)

    return next


def _item_got(iterator: Any, _error: BaseException | None) -> None:
    """Note whose result an iterator has given out, if it has given out one (and not run out, or out of time)."""
    record = recorder.active
    call = getattr(iterator, "_parlab_call", None)
    taken = getattr(_here, "taken", None)
    if record is None or call is None or taken is None:
        return
    unordered = isinstance(iterator, _ITERATORS[1])
    part = iterator._parlab_arrivals[taken] if unordered else taken
    record.write(Kind.RESULT_GOT, call | part << 32, now_ns(), record.caller())
