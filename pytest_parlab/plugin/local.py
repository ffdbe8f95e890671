"""The learner's module loaded into pytest's own process, for ``--parlab-isolation=none``."""

from __future__ import annotations

import importlib
import multiprocessing
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from pytest_parlab.errors import SubmissionError, SubmissionRaised
from pytest_parlab.instrument import Watch, watching
from pytest_parlab.instrument.attendance import ADDRESS_VARIABLE
from pytest_parlab.machine.tree import Watcher
from pytest_parlab.sandbox.judge import Order
from pytest_parlab.trace.model import Trace


class LocalModule:
    """Imports module and scenarios from where they lie, and watches what their calls do."""

    def __init__(self, order: Order) -> None:
        self._order = order
        self._watch: Watch | None = None
        self._watcher = Watcher()
        self._start_method: str | None = None
        self._folders = [str(path.parent) for path in (order.module, order.scenarios) if path is not None]

    def function(self, name: str, *, scenario: bool, alone: bool) -> Callable[..., Any]:
        """The function to call; a scenario gets the module first.

        Raises:
            SubmissionError: There is no such function.
        """
        self._open()
        module = None if alone or self._order.module is None else self._import(self._order.module.stem)
        owner = module
        if scenario and self._order.scenarios is not None:
            owner = self._import(self._order.scenarios.stem)
        function = getattr(owner, name, None)
        if not callable(function):
            raise SubmissionError(f"{self._order.shown} has no function {name!r}.")
        return _Bound(function, (module,) if scenario else ())

    def _import(self, name: str) -> Any:
        sys.path[:0] = [folder for folder in self._folders if folder not in sys.path]
        known = sys.modules.get(name)
        if known is not None and os.path.dirname(str(getattr(known, "__file__", ""))) not in self._folders:  # noqa: PTH120
            del sys.modules[name]
        return importlib.import_module(name)

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

    @contextmanager
    def attending(self, address: str) -> Iterator[None]:
        """Let the processes of this block attend a meeting."""
        os.environ[ADDRESS_VARIABLE] = address
        try:
            yield
        finally:
            os.environ.pop(ADDRESS_VARIABLE, None)


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
