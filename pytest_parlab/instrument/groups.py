"""Pools and executors as groups of tasks, known under the watch in which they were created."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from pytest_parlab.instrument import recorder
from pytest_parlab.instrument.tracebacks import without_hooks
from pytest_parlab.trace.records import Kind, now_ns


def group_created(owner: Any, kind: str, workers: int) -> None:
    """Record that a pool or an executor was created."""
    record = recorder.active
    if record is not None:
        if group_of(record, owner) is None:
            reserve(record, owner)
        group = owner._parlab_group[1]
        record.write(Kind.GROUP_CREATED, group, now_ns(), record.caller())
        record.describe("group", group, kind=kind, workers=workers)


def reserve(record: recorder.Recorder, owner: Any) -> None:
    """Give a pool that is being created its number."""
    owner._parlab_group = (record.session, record.new_id())


def group_of(record: recorder.Recorder, owner: Any) -> int | None:
    """The number of a pool or an executor; None if it is older than the watch, for its workers are not recorded."""
    session, group = vars(owner).get("_parlab_group", (None, None))
    return group if session == record.session else None


def group_ended(owner: Any, kinds: tuple[Kind, ...]) -> None:
    """Record that a pool or an executor was closed or joined."""
    record = recorder.active
    group = None if record is None else group_of(record, owner)
    if record is not None and group is not None:
        for kind in kinds:
            record.write(kind, group, now_ns(), record.caller())


def result_asked(
    original: Callable[..., Any], got: Callable[[Any, BaseException | None], None]
) -> Callable[..., Any]:
    """Hook a method that waits for a result: note the request, and by `got` whose result its owner has now.

    Args:
        original: The method.
        got: Called with its owner and the error that it raised, which may be the task's own or a timeout.
    """

    @wraps(original)
    def ask(self: Any, timeout: float | None = None) -> Any:
        record = recorder.active
        call = getattr(self, "_parlab_call", None)
        if record is not None and call is not None:
            record.write(Kind.RESULT_ASKED, call, now_ns(), record.caller())
        try:
            answer = original(self, timeout)
        except BaseException as error:
            without_hooks(error)
            got(self, error)
            raise
        got(self, None)
        return answer

    return ask
