"""Hooks in `multiprocessing.Pool`: every call, and every task that it becomes. `pool_results` has what follows.

```
user's thread            pool's task thread              worker                   user's thread
map() CALL_SUBMITTED ->  _quick_put: TASK_FUNCTION  ->   TaskCall: START, END ->  get(): RESULT_ASKED, RESULT_GOT
```
The pool's helper threads give no order of their own: edges run from the user's call to the task and from the task to
the user's ``get`` or callback, so that nothing is hidden by the bookkeeping in between.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator
from functools import wraps
from multiprocessing import pool as mp_pool
from multiprocessing.reduction import ForkingPickler
from typing import Any

from pytest_parlab.instrument import recorder
from pytest_parlab.instrument.building import building
from pytest_parlab.instrument.groups import group_created, group_ended, group_of, reserve
from pytest_parlab.instrument.patches import Patches
from pytest_parlab.instrument.tasks import TaskCall, describe_task
from pytest_parlab.trace.records import HANDED_OUT, Kind, now_ns

_module: Any = mp_pool
_BATCHES = (_module.mapstar, _module.starmapstar)


def install(patches: Patches) -> None:
    """Hook pools and the calls to them."""
    pool, thread_pool = mp_pool.Pool, mp_pool.ThreadPool
    own: dict[str, Any] = dict(vars(pool))
    patches.replace(pool, "__init__", _created(pool.__init__))
    for owner in (pool, thread_pool):
        patches.replace(owner, "_setup_queues", _setup_queues(vars(owner)["_setup_queues"]))
    for name, kinds in {
        "close": (Kind.GROUP_CLOSED,),
        "terminate": (Kind.GROUP_CLOSED, Kind.GROUP_JOINED),
        "join": (Kind.GROUP_JOINED,),
    }.items():
        patches.replace(pool, name, _ended(getattr(pool, name), kinds))
    patches.replace(mp_pool.ApplyResult, "__init__", _submitted(mp_pool.ApplyResult.__init__))
    patches.replace(mp_pool.IMapIterator, "__init__", _submitted(mp_pool.IMapIterator.__init__))
    patches.replace(pool, "_guarded_task_generation", _drawn(own["_guarded_task_generation"]))


def _created(original: Callable[..., None]) -> Callable[..., None]:
    @wraps(original)
    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        record = recorder.active
        if record is not None:
            reserve(record, self)
        with building("hidden"):
            original(self, *args, **kwargs)
        group_created(self, "thread-pool" if isinstance(self, mp_pool.ThreadPool) else "pool", self._processes)

    return __init__


def _setup_queues(original: Callable[[Any], None]) -> Callable[[Any], None]:
    @wraps(original)
    def _setup_queues(self: Any) -> None:
        original(self)
        if recorder.active is not None:
            self._quick_put = _dispatch(self, self._quick_put)

    return _setup_queues


def _dispatch(pool: Any, raw: Callable[[Any], None]) -> Callable[[Any], None]:
    """Wrap each task as it goes to the workers; its pickled size comes for free where it is pickled here.

    The pool's task thread keeps this function, so it must not keep the pool: a pool ends when it is deleted.
    """
    writer = None if isinstance(pool, mp_pool.ThreadPool) else pool._inqueue._writer
    forgotten = weakref.ref(pool)

    def call_of(job: int) -> int | None:
        pool = forgotten()
        return None if pool is None else getattr(pool._cache.get(job), "_parlab_call", None)

    def quick_put(task: Any) -> None:
        record = recorder.active
        call = None if record is None or task is None else call_of(task[0])
        if record is None or call is None:
            return raw(task)
        job, part, function, arguments, keywords = task
        identity = call | part << 32
        batch = function in _BATCHES
        describe_task(record, identity, arguments[0][0] if batch else function, len(arguments[0][1]) if batch else 1)
        task = (job, part, TaskCall(function, identity), arguments, keywords)
        if writer is None:
            record.write(Kind.TASK_BYTES, identity, 0)
            return raw(task)
        data = ForkingPickler.dumps(task)
        record.write(Kind.TASK_BYTES, identity, len(data))
        return writer.send_bytes(data)  # type: ignore[no-any-return]

    return quick_put


def _submitted(original: Callable[..., None]) -> Callable[..., None]:
    @wraps(original)
    def __init__(self: Any, pool: Any, *args: Any, **kwargs: Any) -> None:
        record = recorder.active
        group = None if record is None else group_of(record, pool)
        if record is not None and group is not None:
            self._parlab_arrivals = []
            self._parlab_taken = 0
            self._parlab_call = record.new_id()
            record.write(Kind.CALL_SUBMITTED, self._parlab_call, now_ns(), record.caller())
            record.write(Kind.CALL_GROUP, self._parlab_call, group)
        original(self, pool, *args, **kwargs)

    return __init__


def _ended(original: Callable[[Any], None], kinds: tuple[Kind, ...]) -> Callable[[Any], None]:
    @wraps(original)
    def end(self: Any) -> None:
        original(self)
        group_ended(self, kinds)

    return end


def _drawn(original: Callable[..., Iterator[Any]]) -> Callable[..., Iterator[Any]]:
    """Runs in the pool's task thread, which draws from the user's iterable what ``imap`` was given."""

    @wraps(original)
    def _guarded_task_generation(self: Any, job: int, *args: Any) -> Iterator[Any]:
        record = recorder.active
        call = getattr(self._cache.get(job), "_parlab_call", None)
        if record is None or call is None:
            yield from original(self, job, *args)
            return
        record.write(Kind.CALL_BEGUN, call, now_ns())
        for task in original(self, job, *args):
            record.write(Kind.RELEASE, call | task[1] << 32, HANDED_OUT)
            yield task

    return _guarded_task_generation
