"""`concurrent.futures.ProcessPoolExecutor` under control: real workers, no helper threads; see `tasks`."""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor, _base
from concurrent.futures import process as cf_process
from functools import partial, wraps
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from multiprocessing.reduction import ForkingPickler
from traceback import format_exception
from typing import Any

from pytest_parlab.explore.control import controller
from pytest_parlab.explore.control.desk import Desk, here
from pytest_parlab.explore.control.futures import TaskFuture, TaskWaiterEvent
from pytest_parlab.explore.control.repeating import Abandoned
from pytest_parlab.explore.control.tasks import Tasks, function_name
from pytest_parlab.instrument.patches import Patches

_process: Any = cf_process
_BROKEN = "A child process terminated abruptly, the process pool is not usable anymore"
_ABRUPT = "A process in the process pool was terminated abruptly while the future was running or pending."
"""What the original says."""


def install(patches: Patches) -> None:
    """Replace what an executor does by itself, and how several futures are waited for."""
    executor: Any = ProcessPoolExecutor
    table: dict[str, Callable[..., Any]] = {"__init__": _made, "submit": _submit, "shutdown": _shutdown}
    for name in ("terminate_workers", "kill_workers"):
        if hasattr(executor, name):
            table[name] = _unmodelled("it ends the workers of an executor")
    for name, replacement in table.items():
        patches.replace(executor, name, _controlled(getattr(executor, name), replacement))
    threads = _unmodelled("it uses an executor of threads")
    patches.replace(ThreadPoolExecutor, "submit", _controlled(ThreadPoolExecutor.submit, threads))
    waiters = "_create_and_install_waiters"
    patches.replace(_base, waiters, _with_own_event(vars(_base)[waiters]))


def _controlled(original: Callable[..., Any], replacement: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(original)
    def method(self: Any, /, *args: Any, **kwargs: Any) -> Any:
        function = original if controller.active is None else replacement
        return function(self, *args, **kwargs)

    return method


def _unmodelled(what: str) -> Callable[..., Any]:
    def refused(*_: Any, **__: Any) -> None:
        here().unmodelled(what)

    return refused


class _Crew:
    """The workers of an executor, and the futures of what they do."""

    def __init__(self, executor: Any) -> None:
        self.tasks = Tasks(executor, self._deliver, self._lost)
        self._executor = executor
        self._futures: dict[int, TaskFuture] = {}

    def submit(self, function: Any, args: Any, kwargs: Any) -> Future[Any]:
        """Submit one task."""
        try:
            call = bytes(ForkingPickler.dumps((function, args, kwargs)))
        except Exception as error:  # noqa: BLE001 - whatever it is made of
            error.__cause__ = _process._RemoteTraceback("\n".join(("", *format_exception(error))))
            failed: Future[Any] = Future()
            failed.set_exception(error)
            return failed
        self._hire()  # first: nothing is put off for longer than until a process is started
        job, index = self.tasks.submit([call], _name(function))
        future = self._futures[index] = TaskFuture(self.tasks, job, index)
        return future

    def _hire(self) -> None:
        """Start the workers that the original would, if each that there is were busy."""
        executor, context = self._executor, self._executor._mp_context
        most = executor._max_workers
        wanted = most if context.get_start_method(allow_none=False) == "fork" else len(executor._processes) + 1
        while len(executor._processes) < min(wanted, most):
            args = executor._initializer, executor._initargs, executor._max_tasks_per_child
            worker = context.Process(target=_work, args=(self.tasks.desk, *args))
            worker.start()
            executor._processes[worker.pid] = worker
            self.tasks.workers.append(worker)

    def _deliver(self, index: int, outcome: bytes) -> None:
        success, value = pickle.loads(outcome)  # noqa: S301 - a worker's
        future = self._futures.pop(index)
        if success:
            future.set_result(value)
        else:
            future.set_exception(value)

    def _lost(self, ended: list[BaseProcess]) -> None:
        for worker in ended:
            self._executor._processes.pop(worker.pid, None)
        if self._executor._max_tasks_per_child and all(self.tasks.has_retired(worker) for worker in ended):
            self._hire()
        else:
            self._executor._broken = _BROKEN
            self.tasks.terminate()
            for index in self.tasks.abandon():
                self._futures.pop(index).set_exception(cf_process.BrokenProcessPool(_ABRUPT))

    def cancel_all(self) -> None:
        """Cancel what nobody has begun."""
        if self.tasks.open:
            for index in self.tasks.take_back([*self.tasks.open]):
                self._futures.pop(index).note_cancelled()


def _name(function: Any) -> str:
    chunked = isinstance(function, partial) and function.func is _process._process_chunk
    return function_name(function.args[0] if chunked else function)


def _work(desk: Desk, initializer: Any, initargs: Any, most: int | None) -> None:
    """What a worker does."""
    if initializer is not None:
        try:
            initializer(*initargs)
        except Abandoned:
            raise
        except BaseException:  # noqa: BLE001 - the executor is broken then
            return
    completed = 0
    while (most is None or completed < most) and (task := desk.take()) is not None:
        function, args, kwargs = pickle.loads(task.call)  # noqa: S301 - its maker's
        try:
            outcome = True, function(*args, **kwargs)
        except Abandoned:
            raise
        except BaseException as error:  # noqa: BLE001 - the maker's to raise
            outcome = False, _process._ExceptionWithTraceback(error, error.__traceback__)
        try:
            packed = ForkingPickler.dumps(outcome)
        except Exception as error:  # noqa: BLE001 - whatever it is made of
            wrapped = _process._ExceptionWithTraceback(error, error.__traceback__)
            packed = ForkingPickler.dumps((False, wrapped))
        desk.finish(task, bytes(packed))
        del task, function, args, kwargs, outcome
        completed += 1


def _made(
    executor: Any,
    max_workers: int | None = None,
    mp_context: Any = None,
    initializer: Any = None,
    initargs: Any = (),
    *,
    max_tasks_per_child: int | None = None,
) -> None:
    if max_workers is None:
        max_workers = getattr(os, "process_cpu_count", os.cpu_count)() or 1
    if max_workers <= 0:
        raise ValueError("max_workers must be greater than 0")
    if mp_context is None:
        mp_context = get_context("spawn") if max_tasks_per_child is not None else get_context()
    if initializer is not None and not callable(initializer):
        raise TypeError("initializer must be a callable")
    if max_tasks_per_child is not None:
        if not isinstance(max_tasks_per_child, int):
            raise TypeError("max_tasks_per_child must be an integer")
        if max_tasks_per_child <= 0:
            raise ValueError("max_tasks_per_child must be >= 1")
        if mp_context.get_start_method(allow_none=False) == "fork":
            raise ValueError("max_tasks_per_child is incompatible with the 'fork' multiprocessing start method")
    executor._max_workers, executor._mp_context = max_workers, mp_context
    executor._initializer, executor._initargs = initializer, initargs
    executor._max_tasks_per_child = max_tasks_per_child
    executor._processes, executor._shutdown_thread, executor._broken = {}, False, False
    executor._parlab_crew = crew = _Crew(executor)
    crew.tasks.attentive = max_tasks_per_child is not None


def _crew_of(executor: Any) -> _Crew:
    crew: _Crew | None = vars(executor).get("_parlab_crew")
    if crew is None:
        here().unmodelled("it uses an executor that was made before")
    if crew.tasks.foreign:
        here().unmodelled("a process uses an executor that another has made")
    return crew


def _submit(executor: Any, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
    crew = _crew_of(executor)
    if executor._broken:
        raise cf_process.BrokenProcessPool(executor._broken)
    if executor._shutdown_thread:
        raise RuntimeError("cannot schedule new futures after shutdown")
    return crew.submit(fn, args, kwargs)


def _shutdown(executor: Any, wait: bool = True, *, cancel_futures: bool = False) -> None:
    crew = _crew_of(executor)
    executor._shutdown_thread = True
    if cancel_futures:
        crew.cancel_all()
    if wait and not crew.tasks.over:
        crew.tasks.close()


def _with_own_event(original: Callable[..., Any]) -> Callable[..., Any]:
    """What `wait` and `as_completed` wait with."""

    @wraps(original)
    def install(fs: Iterable[Any], return_when: str) -> Any:
        waiter, futures = original(fs, return_when), [*fs]
        if controller.active is not None and any(isinstance(future, TaskFuture) for future in futures):
            waiter.event = TaskWaiterEvent(futures, every=return_when == _base.ALL_COMPLETED)
        return waiter

    return install
