"""Hooks in `multiprocessing.Pool`: every call, every task that it becomes, and when its result was asked for.

```
user's thread            pool's task thread              worker                   user's thread
map() CALL_SUBMITTED ->  _quick_put: TASK_FUNCTION  ->   TaskCall: START, END ->  get(): RESULT_ASKED, RESULT_GOT
```
The pool's helper threads give no order of their own: edges run from the user's call to the task and from the task to
the user's ``get``, so that nothing is hidden by the bookkeeping in between.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from multiprocessing import pool as mp_pool
from multiprocessing.reduction import ForkingPickler
from typing import Any

from pytest_parlab.instrument import recorder
from pytest_parlab.instrument.locks import building
from pytest_parlab.instrument.patches import Patches
from pytest_parlab.instrument.tasks import TaskCall, describe_task
from pytest_parlab.trace.records import ALL_PARTS, Kind, now_ns

_BATCHES = (mp_pool.mapstar, mp_pool.starmapstar)  # type: ignore[attr-defined]


def install(patches: Patches) -> None:
    """Hook pools and their results."""
    pool, thread_pool = mp_pool.Pool, mp_pool.ThreadPool
    patches.replace(pool, "__init__", _created(pool.__init__))
    for owner in (pool, thread_pool):
        patches.replace(owner, "_setup_queues", _setup_queues(vars(owner)["_setup_queues"]))
    for name, kinds in {
        "close": (Kind.GROUP_CLOSED,),
        "terminate": (Kind.GROUP_CLOSED, Kind.GROUP_JOINED),
        "join": (Kind.GROUP_JOINED,),
    }.items():
        patches.replace(pool, name, _ended(getattr(pool, name), kinds))
    for result in (mp_pool.ApplyResult, mp_pool.IMapIterator):
        patches.replace(result, "__init__", _submitted(result.__init__))
    patches.replace(mp_pool.ApplyResult, "get", _get(mp_pool.ApplyResult.get))
    patches.replace(mp_pool.ApplyResult, "wait", _waited(mp_pool.ApplyResult.wait))
    patches.replace(mp_pool.ApplyResult, "ready", _waited(mp_pool.ApplyResult.ready))
    for iterator in (mp_pool.IMapIterator, mp_pool.IMapUnorderedIterator):
        patches.replace(iterator, "_set", _set(vars(iterator)["_set"]))
    following = _next(mp_pool.IMapIterator.next)
    patches.replace(mp_pool.IMapIterator, "next", following)
    patches.replace(mp_pool.IMapIterator, "__next__", following)


def _created(original: Callable[..., None]) -> Callable[..., None]:
    @wraps(original)
    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        record = recorder.active
        if record is None:
            return original(self, *args, **kwargs)
        self._parlab_group = record.new_id()
        record.write(Kind.GROUP_CREATED, self._parlab_group, now_ns(), record.caller())
        with building("hidden"):
            original(self, *args, **kwargs)
        kind = "thread-pool" if isinstance(self, mp_pool.ThreadPool) else "pool"
        return record.describe("group", self._parlab_group, kind=kind, workers=self._processes)

    return __init__


def _setup_queues(original: Callable[[Any], None]) -> Callable[[Any], None]:
    @wraps(original)
    def _setup_queues(self: Any) -> None:
        original(self)
        self._quick_put = _dispatch(self, self._quick_put)

    return _setup_queues


def _dispatch(pool: Any, raw: Callable[[Any], None]) -> Callable[[Any], None]:
    """Wrap each task as it goes to the workers; its pickled size comes for free where it is pickled here."""

    def quick_put(task: Any) -> None:
        record = recorder.active
        if record is None or task is None:
            return raw(task)
        job, part, function, arguments, keywords = task
        result = pool._cache.get(job)
        call = getattr(result, "_parlab_call", None)
        if call is None:
            return raw(task)
        identity = call | part << 32
        batch = function in _BATCHES
        describe_task(record, identity, arguments[0][0] if batch else function, len(arguments[0][1]) if batch else 1)
        task = (job, part, TaskCall(function, identity), arguments, keywords)
        if isinstance(pool, mp_pool.ThreadPool):
            record.write(Kind.TASK_BYTES, identity, 0)
            return raw(task)
        data = ForkingPickler.dumps(task)
        record.write(Kind.TASK_BYTES, identity, len(data))
        return pool._inqueue._writer.send_bytes(data)  # type: ignore[no-any-return]

    return quick_put


def _submitted(original: Callable[..., None]) -> Callable[..., None]:
    @wraps(original)
    def __init__(self: Any, pool: Any, *args: Any, **kwargs: Any) -> None:
        record = recorder.active
        if record is not None and hasattr(pool, "_parlab_group"):
            self._parlab_call = record.new_id()
            self._parlab_arrivals = []
            self._parlab_taken = 0
            record.write(Kind.CALL_SUBMITTED, self._parlab_call, now_ns(), record.caller())
            record.write(Kind.CALL_GROUP, self._parlab_call, pool._parlab_group)
        original(self, pool, *args, **kwargs)

    return __init__


def _ended(original: Callable[[Any], None], kinds: tuple[Kind, ...]) -> Callable[[Any], None]:
    @wraps(original)
    def end(self: Any) -> None:
        original(self)
        record = recorder.active
        group = getattr(self, "_parlab_group", None)
        if record is not None and group is not None:
            for kind in kinds:
                record.write(kind, group, now_ns(), record.caller())

    return end


def _get(original: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(original)
    def get(self: Any, timeout: float | None = None) -> Any:
        record = recorder.active
        call = getattr(self, "_parlab_call", None)
        if record is None or call is None:
            return original(self, timeout)
        record.write(Kind.RESULT_ASKED, call, now_ns(), record.caller())
        try:
            return original(self, timeout)
        finally:
            _got(record, self)

    return get


def _waited(original: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(original)
    def wait(self: Any, *args: Any, **kwargs: Any) -> Any:
        answer = original(self, *args, **kwargs)
        record = recorder.active
        if record is not None and hasattr(self, "_parlab_call") and record.sites.called_by_user():
            _got(record, self)
        return answer

    return wait


def _got(record: recorder.Recorder, result: Any) -> None:
    if result._event.is_set():
        call = result._parlab_call
        record.write(Kind.RESULT_GOT, call | ALL_PARTS << 32, now_ns(), record.caller())


def _set(original: Callable[..., None]) -> Callable[..., None]:
    @wraps(original)
    def _set(self: Any, part: int, result: Any) -> None:
        if hasattr(self, "_parlab_arrivals"):
            self._parlab_arrivals.append(part)
        original(self, part, result)

    return _set


def _next(original: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(original)
    def following(self: Any, timeout: float | None = None) -> Any:
        record = recorder.active
        call = getattr(self, "_parlab_call", None)
        if record is None or call is None:
            return original(self, timeout)
        record.write(Kind.RESULT_ASKED, call, now_ns(), record.caller())
        try:
            return original(self, timeout)
        finally:
            taken = self._parlab_taken
            unordered = isinstance(self, mp_pool.IMapUnorderedIterator)
            if not unordered or taken < len(self._parlab_arrivals):
                part = self._parlab_arrivals[taken] if unordered else taken
                self._parlab_taken += 1
                record.write(Kind.RESULT_GOT, call | part << 32, now_ns(), record.caller())

    return following
