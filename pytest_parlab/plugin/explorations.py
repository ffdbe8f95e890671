"""What `race_detector.explore` is asked, checked before anything runs, and what it showed, for the test's report."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from pytest_parlab.errors import NotPlainData, UsageError
from pytest_parlab.explore.exploration import Blocked, Exploration, Moment
from pytest_parlab.plugin.calls import Remote
from pytest_parlab.plugin.options import SEED_LIMIT
from pytest_parlab.sandbox.channel import check_plain

_LONGEST_ARGUMENTS = 60
"""Characters of arguments that are written out in a command; others stand as ``...``."""

_MOST_IN_FULL = 3
"""Searches of one test that a report shows in full at most."""

_Step = TypeVar("_Step", Moment, Blocked)

_ENDLESS = (
    (inspect.iscoroutinefunction, "a coroutine function", "lambda: asyncio.run({}(...))"),
    (inspect.isasyncgenfunction, "an asynchronous generator function", "lambda: asyncio.run(...)"),
    (inspect.isgeneratorfunction, "a generator function", "lambda: list({}(...))"),
)
"""Functions whose call runs nothing."""


@dataclass(frozen=True, slots=True)
class Explored:
    """One search of a test, or one replay.

    Attributes:
        found: What it has found.
        function: The function as it is written in the test.
        arguments: Its arguments as they are written in the test.
        repeat: What repeats the search.
    """

    found: Exploration
    function: str
    arguments: str
    repeat: str

    @property
    def line(self) -> str:
        """What was run and what came of it, in one line."""
        from pytest_parlab.report.exploring import in_one_line  # noqa: PLC0415 - where it is shown

        return in_one_line(self.found, call=f"{self.function}({self.arguments})")

    @property
    def text(self) -> str:
        """All of it, with every failure."""
        from pytest_parlab.report.exploring import exploring  # noqa: PLC0415 - where it is shown

        return exploring(self.found, function=self.function, arguments=self.arguments, repeat=self.repeat)


def told(explored: Sequence[Explored]) -> str:
    """What a failed test's report shows: the last searches in full, those before them in a line each."""
    lines = [one.line for one in explored[:-_MOST_IN_FULL]]
    return "\n\n".join(["\n".join(lines)] * bool(lines) + [one.text for one in explored[-_MOST_IN_FULL:]])


@dataclass(frozen=True, slots=True)
class Judged:
    """A check of what an explored function returned, for which ``False`` is as wrong as an exception.

    Attributes:
        check: What the test gave.
    """

    check: Callable[[Any], object]

    def __call__(self, value: Any) -> None:
        """Look at one result.

        Raises:
            AssertionError: The check gave ``False``.
        """
        if self.check(value) is False:
            raise AssertionError(f"the check gives False for {value!r}")


def relative(found: Exploration, root: Path) -> Exploration:
    """The same with paths as a person in `root` would write them."""
    start = str(root) + os.sep

    def seen(step: _Step) -> _Step:
        return replace(step, place=replace(step.place, path=step.place.path.removeprefix(start)))

    failures = [
        replace(failure, moments=tuple(map(seen, failure.moments)), blocked=tuple(map(seen, failure.blocked)))
        for failure in found.failures
    ]
    return replace(found, failures=tuple(failures), undecided=found.undecided.replace(start, ""))


def check_function(function: object, args: tuple[Any, ...], kwargs: Mapping[str, Any], *, method: str) -> None:
    """Make sure that a function can be called, again and again, with these arguments.

    Args:
        function: What is to be called.
        args: Its positional arguments.
        kwargs: Its keyword arguments.
        method: Who asks, for the message: ``explore``.

    Raises:
        UsageError: It cannot; the text says what would work.
    """
    name = f"race_detector.{method}"
    if not callable(function):
        raise UsageError(
            f"{name} needs a function and then its arguments, and {_brief(function)} is no function: "
            f"write {name}(count, 2), not {name}(count(2))"
        )
    called = type(function).__call__
    for runs_nothing, what, instead in _ENDLESS:
        if runs_nothing(function) or runs_nothing(called):
            text = function_text(function).replace("...", "function")
            raise UsageError(
                f"{name} calls its function and waits for its result, and a call of {what} runs nothing yet: "
                f"give it a function that runs {text} to its end, as {instead.format(text)}"
            )
    if isinstance(function, Remote):
        return  # the host knows its parameters
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):  # a callable without one
        return
    try:
        signature.bind(*args, **kwargs)
    except TypeError as error:
        raise UsageError(
            f"{name}: {function_text(function)}{signature} cannot be called with "
            f"({arguments_text(args, kwargs)}): {error}"
        ) from None


def check_search(*, schedules: object, seed: object, check: object, remote: bool) -> None:
    """Make sure that the limits of a search are possible.

    Args:
        schedules: How many schedules are run at most.
        seed: What repeats the search; None for the seed of the run.
        check: What looks at every outcome; None for nothing.
        remote: The function belongs to the submission.

    Raises:
        UsageError: They are not; the text says what would work.
    """
    if type(schedules) is not int or schedules < 1:
        raise UsageError(
            f"race_detector.explore: schedules={_brief(schedules)} is not possible: it is how many are run at most, "
            "a whole number from 1"
        )
    if seed is not None and (type(seed) is not int or not 0 <= seed < SEED_LIMIT):
        raise UsageError(
            f"race_detector.explore: seed={_brief(seed)} is not possible: use a whole number from 0 to "
            f"{SEED_LIMIT - 1}, or None for that of --parlab-seed"
        )
    check_check(check, method="explore", remote=remote)


def check_check(check: object, *, method: str, remote: bool) -> None:
    """Make sure that what is to look at every outcome can.

    Raises:
        UsageError: It cannot.
    """
    if check is not None and not callable(check):
        raise UsageError(
            f"race_detector.{method}: check={_brief(check)} is not possible: it is a function that gets what the "
            "explored function returned, and raises or gives False if that is wrong"
        )
    if check is not None and remote:
        raise UsageError(
            f"race_detector.{method}: check cannot look into the process that runs the submission: "
            "assert something about the outcomes of what is returned instead"
        )


def check_token(token: object) -> None:
    """Make sure that a token is a text.

    Raises:
        UsageError: It is not.
    """
    if not isinstance(token, str) or not token:
        raise UsageError(
            f"race_detector.replay needs the token of a schedule first, the text that a report shows behind Replay, "
            f"and {_brief(token)} is none"
        )


def function_text(function: object) -> str:
    """Write a function as it stands in a test: its name without what it is inside of, ``...`` if it has none."""
    if isinstance(function, Remote):
        return f"submission.{function.__name__}"
    name = str(getattr(function, "__qualname__", "")).rpartition("<locals>.")[2]
    return name if name and "<" not in name else "..."


def arguments_text(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> str:
    """Write arguments as they can be typed; ``...`` where they cannot or are too long."""
    try:
        check_plain((args, dict(kwargs)))
    except NotPlainData:
        return "..."
    text = ", ".join([*map(repr, args), *(f"{key}={argument!r}" for key, argument in kwargs.items())])
    return text if len(text) <= _LONGEST_ARGUMENTS else "..."


def _brief(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _LONGEST_ARGUMENTS else f"{text[: _LONGEST_ARGUMENTS - 3]}..."
