"""The learner's module loaded into pytest's own process, for ``--parlab-isolation=none``."""

from __future__ import annotations

import importlib.util
import multiprocessing
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_parlab.errors import SubmissionError, SubmissionRaised
from pytest_parlab.instrument import Watch, watching
from pytest_parlab.instrument.attendance import ADDRESS_VARIABLE
from pytest_parlab.machine.tree import Watcher
from pytest_parlab.plugin.submission import Budget, Call, Submission
from pytest_parlab.sandbox.judge import Order
from pytest_parlab.sandbox.measured import MeasuredRun
from pytest_parlab.trace.model import Trace

if TYPE_CHECKING:
    from pytest_parlab.machine.meeting import Meeting


class LocalModule:
    """Imports module and scenarios from where they lie, and watches what their calls do."""

    def __init__(self, order: Order) -> None:
        self._order = order
        self._watch: Watch | None = None
        self._watcher = Watcher()
        self._start_method: str | None = None
        self._folders = [str(path.parent) for path in (order.module, order.scenarios) if path is not None]

    def function(self, call: Call) -> Callable[..., Any]:
        """The function to call; a scenario gets the module first.

        Raises:
            SubmissionError: There is no such function.
        """
        self._open()
        module = None if call.alone or self._order.module is None else self._import(self._order.module)
        owner = module
        if call.scenario and self._order.scenarios is not None:
            owner = self._import(self._order.scenarios)
        function = getattr(owner, call.name, None)
        if not callable(function):
            raise SubmissionError(f"{self._order.shown} has no function {call.name!r}.")
        return _Bound(function, (module,) if call.scenario else ())

    def _import(self, path: Path) -> Any:
        """Import the module in a file; one of the same name from elsewhere makes room."""
        sys.path[:0] = [folder for folder in self._folders if folder not in sys.path]
        known = sys.modules.get(path.stem)
        if known is not None and getattr(known, "__file__", None) != str(path):
            del sys.modules[path.stem]
        loader = importlib.util.spec_from_file_location(path.stem, path)
        if path.stem not in sys.modules and loader is not None and loader.loader is not None:
            module = importlib.util.module_from_spec(loader)
            sys.modules[path.stem] = module
            loader.loader.exec_module(module)
        return sys.modules[path.stem]

    def _open(self) -> None:
        if self._watch is None:
            self._start_method = multiprocessing.get_start_method(allow_none=True)
            if self._order.start_method:
                multiprocessing.set_start_method(self._order.start_method, force=True)
            self._watcher = Watcher()
            self._watcher.__enter__()
            self._watch = watching(rename=self._shown).__enter__()

    def _shown(self, path: str) -> str:
        order = self._order
        if order.module is not None and path == str(order.module):
            return order.shown
        return path

    def finish(self) -> tuple[Trace | None, tuple[str, ...]]:
        """Close the watch: the trace (None if nothing was called) and what was left running."""
        watch, self._watch = self._watch, None
        if watch is None:
            return None, ()
        left = tuple(map(str, self._watcher.left()))
        watch.__exit__(None, None, None)
        self._watcher.sweep()
        multiprocessing.set_start_method(self._start_method, force=True)
        sys.path[:] = [entry for entry in sys.path if entry not in self._folders]
        return watch.trace, left


class _Bound:
    """A function with its first arguments, whose errors look as those from a host."""

    def __init__(self, function: Callable[..., Any], first: tuple[Any, ...]) -> None:
        self._function = function
        self._first = first

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return self._function(*self._first, *args, **kwargs)
        except Exception as error:
            told = SubmissionRaised(type(error).__name__, str(error), f"{type(error).__name__}: {error}")
            raise told.with_traceback(error.__traceback__) from error  # the debugger opens where it was raised


class LocalSubmission(Submission):
    """The learner's module in this very process, for ``--pdb``: the code is trusted and nothing is enforced."""

    def __init__(self, order: Order, budget: Budget, *, workers: int = 2) -> None:
        super().__init__(order, budget, workers=workers)
        self._local = LocalModule(order)

    def call(self, call: Call) -> Any:
        """Make one call here."""
        try:
            return self._local.function(call)(*call.args, **call.kwargs)
        except SubmissionRaised as error:
            self.met_stub |= error.kind == NotImplementedError.__name__
            raise

    def measured(self, call: Call, *, deadline_s: float) -> MeasuredRun:
        """Measure one call in a fresh process, so that it is watched like any other."""
        from pytest_parlab.sandbox import fresh  # noqa: PLC0415 - few tests measure

        return fresh.run(partial(self._local.function(call), *call.args, **call.kwargs), deadline_s=deadline_s)

    def finish(self) -> None:
        """Close the watch on this process; the next call opens another."""
        trace, left = self._local.finish()
        if trace is not None:
            self._traces.append(trace)
            self._left.extend(left)

    @contextmanager
    def _attending(self, meeting: Meeting) -> Iterator[None]:
        meeting.root = os.getpid()
        os.environ[ADDRESS_VARIABLE] = meeting.address
        try:
            yield
        finally:
            os.environ.pop(ADDRESS_VARIABLE, None)
