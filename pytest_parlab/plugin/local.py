"""The learner's module loaded into pytest's own process, for ``--parlab-isolation=none``."""

from __future__ import annotations

import importlib.util
import multiprocessing
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from pytest_parlab.errors import SubmissionError, SubmissionRaised
from pytest_parlab.explore.exploration import Exploration, FailureKind
from pytest_parlab.instrument import Watch, watching
from pytest_parlab.instrument.attendance import ADDRESS_VARIABLE
from pytest_parlab.machine.tree import Watcher, become_subreaper
from pytest_parlab.plugin.budget import Budget
from pytest_parlab.plugin.calls import Call
from pytest_parlab.plugin.hosts import Hosts
from pytest_parlab.sandbox.explored import search
from pytest_parlab.sandbox.measured import MeasuredRun
from pytest_parlab.sandbox.order import Order
from pytest_parlab.sandbox.report_error import described
from pytest_parlab.trace.model import Trace

if TYPE_CHECKING:
    from pytest_parlab.machine.meeting import Meeting

SEARCH_S = 30.0
"""How long a search through schedules may take."""


class LocalModule:
    """Imports module and scenarios from where they lie, and watches what their calls do."""

    def __init__(self, order: Order) -> None:
        self._order = order
        self._watch: Watch | None = None
        self._opened = False
        self._watcher = Watcher()
        self._start_method: str | None = None
        self._path: list[str] = []
        self._replaced: dict[str, ModuleType | None] = {}

    def function(self, call: Call) -> Callable[..., Any]:
        """The function to call, whose errors look as those from a host; a scenario gets the module first.

        Raises:
            SubmissionError: There is no such function, or the module does not load.
        """
        return _Bound(self.bare(call), self._told)

    def bare(self, call: Call, *, watched: bool = True) -> Callable[..., Any]:
        """The same as it is, and unless `watched` what it does is not recorded."""
        self._open(watched=watched)
        module = None if call.alone or self._order.module is None else self._import(self._order.module)
        owner, path = module, self._order.shown
        if call.scenario and self._order.scenarios is not None:
            owner, path = self._import(self._order.scenarios), self._order.shown_scenarios
        function = getattr(owner, call.name, None)
        if not callable(function):
            raise SubmissionError(f"{path} has no function {call.name!r}.")
        return partial(function, module) if call.scenario else function

    def _import(self, path: Path) -> ModuleType:
        """Import the module in a file; one of the same name from elsewhere makes room until `finish`."""
        known = sys.modules.get(path.stem)
        if known is not None and getattr(known, "__file__", None) == str(path):
            return known
        spec = importlib.util.spec_from_file_location(path.stem, path)
        if spec is None or spec.loader is None:
            raise SubmissionError(f"{path} cannot be imported.")
        module = importlib.util.module_from_spec(spec)
        self._replaced.setdefault(path.stem, known)
        sys.modules[path.stem] = module
        try:
            spec.loader.exec_module(module)
        except BaseException as error:
            del sys.modules[path.stem]
            if isinstance(error, KeyboardInterrupt):
                raise
            told = self._told(error)
            told.loading = True
            raise told.with_traceback(error.__traceback__) from error
        return module

    def _told(self, error: BaseException) -> SubmissionRaised:
        own = (self._order.module or self._order.scenarios or Path()).parent
        about = described(error, own=own, rename=self._shown)
        return SubmissionRaised(
            about["kind"], about["message"], about["traceback"], path=about["path"], line=about["line"]
        )

    def _open(self, *, watched: bool) -> None:
        if self._opened:
            return
        self._opened = True
        become_subreaper()
        order = self._order
        self._path = sys.path[:]
        folders = [str(path.parent) for path in (order.module, order.scenarios) if path is not None]
        sys.path[:0] = [folder for folder in folders if folder not in sys.path]
        self._start_method = multiprocessing.get_start_method(allow_none=True)
        if order.start_method:
            multiprocessing.set_start_method(order.start_method, force=True)
        self._watcher = Watcher()
        self._watcher.__enter__()
        self._watch = watching(rename=self._shown).__enter__() if watched else None

    def _shown(self, path: str) -> str:
        order = self._order
        for file, shown in ((order.module, order.shown), (order.scenarios, order.shown_scenarios)):
            if file is not None and path == str(file):
                return shown
        return path

    def finish(self) -> tuple[Trace | None, tuple[str, ...]]:
        """Close the watch: the trace (None if nothing was called, or nothing recorded) and what was left running."""
        watch, self._watch = self._watch, None
        if not self._opened:
            return None, ()
        self._opened = False
        try:
            left = tuple(map(str, self._watcher.left()))
        finally:
            if watch is not None:
                watch.__exit__(None, None, None)
            self._watcher.sweep()
            multiprocessing.set_start_method(self._start_method, force=True)
            sys.path[:] = self._path
            self._put_back()
        return None if watch is None else watch.trace, left

    def _put_back(self) -> None:
        for name, module in self._replaced.items():
            sys.modules.pop(name, None)
            if module is not None:
                sys.modules[name] = module
        self._replaced.clear()


class _Bound:
    """A function whose errors look as those from a host."""

    def __init__(self, function: Callable[..., Any], told: Callable[[BaseException], SubmissionRaised]) -> None:
        self._function = function
        self._told = told

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return self._function(*args, **kwargs)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            # The debugger opens where it was raised.
            raise self._told(error).with_traceback(error.__traceback__) from error


class LocalHosts(Hosts):
    """Makes the calls in this very process, for ``--pdb``: the code is trusted and nothing is enforced."""

    def __init__(self, order: Order, budget: Budget) -> None:
        super().__init__(order, budget)
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

    def explored(self, call: Call, how: Mapping[str, Any]) -> Exploration:
        """Make one call here under many schedules, or under one again; then once as it is, as evidence."""
        self.finish()
        try:
            function = self._local.bare(call, watched=False)
            found = search(function, call.args, call.kwargs, dict(how) | {"seconds": SEARCH_S})
        finally:
            self.finish()
        if not any(failure.kind == FailureKind.DEADLOCK for failure in found.failures):
            with suppress(SubmissionRaised):
                self.call(call)
        return found

    def finish(self) -> None:
        """Close the watch on this process; the next call opens another."""
        trace, left = self._local.finish()
        if trace is not None:
            self._traces.append(trace)
            self.left.extend(left)

    @contextmanager
    def attending(self, meeting: Meeting) -> Iterator[None]:
        """Let the tasks and processes of the calls in this block attend a meeting."""
        self.finish()
        meeting.root = os.getpid()
        os.environ[ADDRESS_VARIABLE] = meeting.address
        try:
            yield
            self.finish()
        finally:
            with suppress(KeyError):
                del os.environ[ADDRESS_VARIABLE]
