"""The host's side: loads the submission, makes the calls that the judge asks for and returns data.

It decides nothing.

```
judge                                host (isolated interpreter, private folder, own session)
  {"load": ...}        --->          watch opened, module and scenarios imported
  {"call": name, ...}  --->          module.name(*args), once, or under every schedule: see `explored`
                       <---          {"value": ...} or {"raised": ...}
  {"end": True}        --->          watch closed, exit
```
"""

from __future__ import annotations

import contextlib
import importlib
import inspect
import multiprocessing
import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from pytest_parlab.errors import NotPlainData
from pytest_parlab.instrument import join_watches
from pytest_parlab.instrument.attendance import ADDRESS_VARIABLE
from pytest_parlab.machine import stacks
from pytest_parlab.sandbox import channel as wire
from pytest_parlab.sandbox.explored import search, to_plain
from pytest_parlab.sandbox.report_error import described


class Host:
    """Answers the judge's requests until it says "end" or is gone."""

    def __init__(self, channel: Any) -> None:
        self._channel = channel
        self._module: ModuleType | None = None
        self._scenarios = ""
        self._folder = Path()
        self._names: dict[str, str] = {}

    def serve(self) -> None:
        """Answer until the end, or until the judge is gone."""
        while True:
            try:
                request = wire.receive(self._channel)
            except (EOFError, OSError):
                return
            if "end" in request:
                return
            answer = self._load(request) if "load" in request else self._call(request)
            self._flush()
            try:
                self._channel.send_bytes(_frame(answer))
            except OSError:
                return

    def _flush(self) -> None:
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(Exception):  # closed, or replaced by the learner's code
                stream.flush()

    def _rename(self, path: str) -> str:
        return self._names.get(path, path)

    def _described(self, error: BaseException) -> dict[str, Any]:
        return described(error, own=self._folder, rename=self._rename)

    def _load(self, request: dict[str, Any]) -> dict[str, Any]:
        """Import the submission's module, if there is one to import."""
        self._folder = Path(request["folder"])
        self._names = request["names"]
        self._scenarios = request["scenarios"]
        stacks.enable(request["stacks"])
        sys.path.insert(0, str(self._folder))
        if request["start_method"]:
            multiprocessing.set_start_method(request["start_method"], force=True)
        if request["watch"]:
            join_watches((Path(request["watch"]),))
        try:
            if request["load"]:
                self._module = importlib.import_module(request["load"])
            if self._scenarios:  # now, so that no call that is timed pays for it
                importlib.import_module(self._scenarios)
        except BaseException as error:  # noqa: BLE001 - whatever the learner's module raises is told
            return {"raised": self._described(error)}
        return {"loaded": True}

    def _call(self, request: dict[str, Any]) -> dict[str, Any]:
        if request["meeting"]:
            os.environ[ADDRESS_VARIABLE] = request["meeting"]
        else:
            os.environ.pop(ADDRESS_VARIABLE, None)
        try:
            function, arguments = self._function(request)
            if request["explore"]:
                found = search(function, arguments, request["kwargs"], request["explore"])
                return {"value": to_plain(found, self._names)}
            return {"value": function(*arguments, **request["kwargs"])}
        except _Refused as refusal:
            return {"refused": str(refusal)}
        except BaseException as error:  # noqa: BLE001 - the same
            return {"raised": self._described(error)}

    def _function(self, request: dict[str, Any]) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        name, arguments = request["call"], tuple(request["args"])
        if request["scenario"]:
            scenarios = importlib.import_module(self._scenarios)
            if not hasattr(scenarios, name):
                raise _Refused(f"scenarios.py has no function {name!r}")
            return getattr(scenarios, name), (self._module, *arguments)
        function = getattr(self._module, name, None)
        if not callable(function):
            raise _Refused(self._missing(name))
        _check_arguments(function, name, arguments, request["kwargs"])
        return function, arguments

    def _missing(self, name: str) -> str:
        module = self._module
        own = (
            []
            if module is None
            else [
                known
                for known, value in vars(module).items()
                if inspect.isfunction(value) and value.__module__ == module.__name__ and not known.startswith("_")
            ]
        )
        path = self._rename(str(getattr(module, "__file__", "")))
        return f"{path} has no function {name!r}; it has {', '.join(own) or 'no function at all'}"


def _frame(answer: dict[str, Any]) -> bytes:
    """The bytes of an answer; they tell why if the value cannot be sent."""
    try:
        wire.check_plain(answer.get("value"), "the result")
        return wire.pack(answer, "the result", checked=True)
    except NotPlainData as error:
        return wire.pack({"unsendable": str(error)})


class _Refused(Exception):
    """The call cannot be made at all."""


def _check_arguments(function: Callable[..., Any], name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    try:
        signature = inspect.signature(function)
        signature.bind(*args, **kwargs)
    except TypeError as error:
        given = [f"{len(args)} by position"] if args else []
        given += [f"{key}=" for key in kwargs]
        raise _Refused(
            f"{name}{signature} cannot be called as the exercise asks ({error}); "
            f"the exercise gives {', '.join(given) or 'no arguments'}. Put the parameters back as in the stub"
        ) from None
    except ValueError:  # a callable without a signature
        return


def main(word: str) -> None:
    """Run a host on the pipe end that the parent lent under `word`."""
    channel = wire.borrowed(word)
    if hasattr(os, "register_at_fork"):  # the learner's processes have no business on it
        os.register_at_fork(after_in_child=channel.close)
    Host(channel).serve()
