"""`multiprocessing.Pool` under control: real workers, no helper threads; see `tasks`."""

from __future__ import annotations

import os
import pickle
import traceback
from collections.abc import Callable
from functools import wraps
from multiprocessing import TimeoutError as PoolTimeoutError
from multiprocessing import get_context
from multiprocessing import pool as mp_pool
from multiprocessing.process import BaseProcess
from multiprocessing.reduction import ForkingPickler
from typing import Any

from pytest_parlab.explore.control import controller
from pytest_parlab.explore.control.desk import Desk, here
from pytest_parlab.explore.control.tasks import Tasks, function_name
from pytest_parlab.explore.operations import WHOLE
from pytest_parlab.instrument.patches import Patches

_pool: Any = mp_pool
_MAPPERS = (_pool.mapstar, _pool.starmapstar)


def install(patches: Patches) -> None:
    """Replace what a pool does by itself; how calls become tasks is left as it is."""
    pool, result, iterator = mp_pool.Pool, mp_pool.ApplyResult, mp_pool.IMapIterator
    table: tuple[tuple[Any, dict[str, Callable[..., Any]]], ...] = (
        (pool, {"__init__": _made, "close": _close, "terminate": _terminate, "join": _join}),
        (result, {"ready": _ready, "wait": _wait, "get": _get}),
        (iterator, {"next": _next, "__next__": _next}),
    )
    for owner, replacements in table:
        for name, replacement in replacements.items():
            patches.replace(owner, name, _controlled(getattr(owner, name), replacement))


def _controlled(original: Callable[..., Any], replacement: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(original)
    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        function = original if controller.active is None else replacement
        return function(self, *args, **kwargs)

    return method


class _Hatch:
    """Where a pool puts its tasks, and gets their results.

    Args:
        pool: The pool.

    Attributes:
        tasks: What was put.
    """

    def __init__(self, pool: Any) -> None:
        self.tasks = Tasks(pool, self._deliver, self._replace)
        self._pool = pool
        self._parts: dict[int, tuple[Any, int]] = {}
        self._deaf = False

    def put(self, item: tuple[Any, Callable[[int], None] | None]) -> None:
        """Submit what a call has become."""
        sequence, set_length = item
        calls: list[tuple[int, bytes]] = []
        cache, result, part, name = self._pool._cache, None, -1, ""
        for job, part, function, args, kwargs in sequence:
            result, name = cache.get(job), function_name(args[0][0] if function in _MAPPERS else function)
            try:
                calls.append((part, bytes(ForkingPickler.dumps((function, args, kwargs)))))
            except Exception as error:  # noqa: BLE001 - whatever it is made of
                result._set(part, (False, error))
        if calls:
            self._submit(result, calls, name)
        if set_length is not None:
            set_length(part + 1)

    def _submit(self, result: Any, calls: list[tuple[int, bytes]], name: str) -> None:
        one_by_one = type(result) is mp_pool.IMapIterator
        result._parlab_hatch, result._parlab_jobs = self, {}
        for some in [[call] for call in calls] if one_by_one else [calls]:
            job, first = self.tasks.submit([call for _, call in some], name)
            result._parlab_jobs[some[0][0] if one_by_one else 0] = job, first if len(some) == 1 else WHOLE
            for index, (part, _) in enumerate(some, first):
                self._parts[index] = result, part
        if getattr(result, "_callback", None) or getattr(result, "_error_callback", None):
            self.tasks.attentive = self.tasks.has_callbacks = True

    def _deliver(self, index: int, outcome: bytes) -> None:
        result, part = self._parts.pop(index)
        if not self._deaf:
            try:
                result._set(part, pickle.loads(outcome))  # noqa: S301 - a worker's
            except Exception:  # noqa: BLE001 - of a callback, which ends the thread that it really runs in
                traceback.print_exc()
                self._deaf = True

    def hire(self) -> None:
        """Start as many workers as are missing."""
        pool = self._pool
        while len(pool._pool) < pool._processes:
            args = pool._initializer, pool._initargs, pool._maxtasksperchild, pool._wrap_exception
            worker = pool.Process(pool._ctx, target=_work, args=(self.tasks.desk, *args))
            worker.name = worker.name.replace("Process", "PoolWorker")
            worker.daemon = True
            worker.start()
            pool._pool.append(worker)
            self.tasks.workers.append(worker)

    def _replace(self, ended: list[BaseProcess]) -> None:
        for worker in ended:
            if not self.tasks.has_worked(worker):
                here().unmodelled("a pool starts workers without end, for they end before they take a task")
            self._pool._pool.remove(worker)
        self.hire()


def _work(desk: Desk, initializer: Any, initargs: Any, most: int | None, wrap_exception: bool) -> None:
    """What a worker does."""
    if initializer is not None:
        initializer(*initargs)
    completed = 0
    while (most is None or completed < most) and (task := desk.take()) is not None:
        function, args, kwargs = pickle.loads(task.call)  # noqa: S301 - its maker's
        try:
            outcome = True, function(*args, **kwargs)
        except Exception as error:  # noqa: BLE001 - the maker's to raise
            reraised = function is _pool._helper_reraises_exception
            wrap = wrap_exception and not reraised
            outcome = False, _pool.ExceptionWithTraceback(error, error.__traceback__) if wrap else error
        try:
            packed = ForkingPickler.dumps(outcome)
        except Exception as error:  # noqa: BLE001 - whatever it is made of
            packed = ForkingPickler.dumps((False, _pool.MaybeEncodingError(error, outcome[1])))
        desk.finish(task, bytes(packed))
        del task, function, args, kwargs, outcome
        completed += 1


def _made(  # noqa: PLR0917 - the arguments of the original
    pool: Any, processes: int | None = None, initializer: Any = None, initargs: Any = (),
    maxtasksperchild: int | None = None, context: Any = None,
) -> None:  # fmt: skip
    pool._pool, pool._state = [], _pool.INIT
    if isinstance(pool, mp_pool.ThreadPool):
        here().unmodelled("it uses a pool of threads")
    pool._ctx = context or get_context()
    pool._change_notifier = None
    pool._cache = {}
    pool._maxtasksperchild, pool._initializer, pool._initargs = maxtasksperchild, initializer, initargs
    if processes is None:
        processes = os.cpu_count() or 1
    if processes < 1:
        raise ValueError("Number of processes must be at least 1")
    if maxtasksperchild is not None and (not isinstance(maxtasksperchild, int) or maxtasksperchild <= 0):
        raise ValueError("maxtasksperchild must be a positive int or None")
    if initializer is not None and not callable(initializer):
        raise TypeError("initializer must be a callable")
    pool._processes = processes
    pool._taskqueue = _Hatch(pool)
    pool._taskqueue.tasks.attentive = maxtasksperchild is not None
    pool._taskqueue.hire()
    pool._state = _pool.RUN


def _close(pool: Any) -> None:
    _own(pool)
    if pool._state == _pool.RUN:
        pool._state = _pool.CLOSE


def _join(pool: Any) -> None:
    tasks = _own(pool)
    if pool._state == _pool.RUN:
        raise ValueError("Pool is still running")
    if not tasks.over:
        tasks.close()


def _terminate(pool: Any) -> None:
    tasks = _own(pool)
    pool._state = _pool.TERMINATE
    if not tasks.over:
        tasks.terminate()


def _own(pool: Any) -> Tasks:
    """The tasks of a pool of this process."""
    if not isinstance(pool._taskqueue, _Hatch):
        here().unmodelled("it uses a pool that was made before")
    if pool._taskqueue.tasks.foreign:
        here().unmodelled("a process closes a pool that another has made")
    return pool._taskqueue.tasks


def _asked(result: Any, part: int = 0) -> tuple[Tasks, int, int]:
    """The tasks of a pool, a job and the index of its only task, as a result knows them."""
    hatch: _Hatch | None = vars(result).get("_parlab_hatch")
    if hatch is None:
        here().unmodelled("it uses a pool that was made before")
    return hatch.tasks, *result._parlab_jobs[part]


def _ready(result: Any) -> bool:
    if not result._event.is_set():
        tasks, job, index = _asked(result)
        tasks.look(job, index)
    return bool(result._event.is_set())


def _wait(result: Any, timeout: float | None = None) -> None:
    if not result._event.is_set():
        tasks, job, index = _asked(result)
        if tasks.wait(job, index, timeout_s=timeout) and not result._event.is_set():
            tasks.wait_in_vain(job, timeout)


def _get(result: Any, timeout: float | None = None) -> Any:
    result.wait(timeout)
    if not result._event.is_set():
        raise PoolTimeoutError
    if result._success:
        return result._value
    raise result._value


def _next(iterator: Any, timeout: float | None = None) -> Any:
    while not iterator._items:
        if iterator._index == iterator._length:
            raise StopIteration
        ordered = type(iterator) is mp_pool.IMapIterator
        tasks, job, index = _asked(iterator, iterator._index if ordered else 0)
        if not tasks.wait(job, index, count=0 if ordered else iterator._index + 1, timeout_s=timeout):
            raise PoolTimeoutError
    success, value = iterator._items.popleft()
    if success:
        return value
    raise value
