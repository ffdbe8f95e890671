"""Calls of the learner's functions, as values; who makes them and what they left is not their business."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from pytest_parlab.errors import UsageError
from pytest_parlab.explore.exploration import Exploration
from pytest_parlab.sandbox.measured import MeasuredRun


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a function of the submission, or of the scenarios beside it.

    Attributes:
        name: Name of the function.
        args: Positional arguments, plain data.
        kwargs: Keyword arguments, plain data.
        scenario: It belongs to the scenarios and gets the learner's module first.
        alone: It runs in a host without the learner's module.
    """

    name: str
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    scenario: bool = False
    alone: bool = False


class Caller(Protocol):
    """Makes calls."""

    def call(self, call: Call) -> Any:
        """Make one call."""

    def measured(self, call: Call, *, deadline_s: float) -> MeasuredRun:
        """Make one call in a fresh process and measure it."""

    def explored(self, call: Call, how: Mapping[str, Any]) -> Exploration:
        """Make one call under many schedules, or under one again."""


class Remote:
    """A function of the submission, called in the host.

    Args:
        caller: Makes the calls.
        name: Name of the function; empty for `submission.run` and `submission.baseline`, which take it first.
        scenario: It belongs to the scenarios.
        alone: It runs in a host without the learner's module.
    """

    def __init__(self, caller: Caller, name: str = "", *, scenario: bool = False, alone: bool = False) -> None:
        self._caller = caller
        self._name = name
        self._scenario = scenario
        self._alone = alone
        self.__name__ = self.__qualname__ = name or ("baseline" if alone else "run")

    def __repr__(self) -> str:
        return f"<submission's {self.__name__}>"

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call it; see `HostProcess.call` for the errors."""
        return self._caller.call(self._call(args, kwargs))

    def parlab_measure(self, *args: Any, deadline_s: float, **kwargs: Any) -> MeasuredRun:
        """Call it in a fresh host and measure that; `core_scaling` does this."""
        return self._caller.measured(self._call(args, kwargs), deadline_s=deadline_s)

    def parlab_explore(self, args: tuple[Any, ...], kwargs: Mapping[str, Any], how: Mapping[str, Any]) -> Exploration:
        """Call it under many schedules, or under one again; `race_detector` does this.

        Args:
            args: Its positional arguments, plain data.
            kwargs: Its keyword arguments, plain data.
            how: ``schedules`` and ``seed``, or the ``token`` of one schedule.
        """
        return self._caller.explored(self._call(args, kwargs), how)

    def _call(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Call:
        name = self._name
        if not name:
            if not args or not isinstance(args[0], str):
                raise UsageError(f"submission.{self.__name__} takes the name of a function of scenarios.py first")
            name, args = args[0], args[1:]
        return Call(
            name,
            tuple(map(_as_list, args)),
            {key: _as_list(argument) for key, argument in kwargs.items()},
            self._scenario,
            self._alone,
        )


def _as_list(argument: Any) -> Any:
    """A range is as good as a list; everything else must be plain data already."""
    return list(argument) if isinstance(argument, range) else argument
