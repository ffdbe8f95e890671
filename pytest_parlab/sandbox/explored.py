"""A search through schedules in the host, and what it has found as plain data: for the judge it is the host's word.

```
judge   {"call": ..., "explore": {"schedules": n, "seed": s, "seconds": t}}   --->   host   the search, its processes
        {"call": ..., "explore": {"token": "..."}}                            --->          one schedule again
        {"value": {"outcomes": [...], "failures": [...], ...}}                <---
```
The learner's code runs in the process that conducts the search, so it can make it say anything. What it says can cost
points and can never earn them: a test that explores asks for the result, the exit codes and the watch as well.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from enum import StrEnum
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

from pytest_parlab.errors import NotPlainData, SubmissionDied
from pytest_parlab.explore.exploration import DEADLOCK, Deadlock, Exploration, Raised
from pytest_parlab.sandbox.channel import check_plain

MOST = 200_000
"""Entries that any one list of an exploration may have."""
LONGEST = 20_000
"""Characters of any one text that are kept."""
LARGEST = 2**63
"""Numbers that count something are smaller."""


def search(
    function: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any], how: Mapping[str, Any]
) -> Exploration:
    """Explore a function in this process.

    Args:
        function: What to call.
        args: Its positional arguments.
        kwargs: Its keyword arguments.
        how: ``schedules``, ``seed`` and ``seconds``, or the ``token`` of one schedule.
    """
    from pytest_parlab.explore.exploring import explore, replay  # noqa: PLC0415 - few hosts explore

    if "token" in how:
        return replay(how["token"], function, *args, **kwargs)
    limits = {"schedules": how["schedules"], "seed": how["seed"], "seconds": how["seconds"]}
    return explore(function, *args, **kwargs, **limits)


# -- the host's side -------------------------------------------------------------------------------------------


def to_plain(found: Exploration, names: Mapping[str, str]) -> dict[str, Any]:
    """Turn what was found into plain data.

    Args:
        found: What was found. An outcome that is no plain data is given as its `repr`.
        names: Path of a file to the path by which its reader knows it; in every text.
    """

    def text(value: str) -> str:
        for path, shown in names.items():
            value = value.replace(path, shown)
        return value

    plain: dict[str, Any] = _plain(found, text)
    return plain


def _plain(value: Any, text: Callable[[str], str]) -> Any:
    """A field of an exploration, by what it is."""
    if is_dataclass(value) and not isinstance(value, type):
        return {
            field.name: (_outcome if field.name == "outcome" else _plain)(getattr(value, field.name), text)
            for field in fields(value)
        }
    if isinstance(value, Mapping):
        return [(_outcome(outcome, text), _plain(inner, text)) for outcome, inner in value.items()]
    if isinstance(value, tuple):
        return [_plain(item, text) for item in value]
    return text(str(value)) if isinstance(value, str) else value


def _outcome(outcome: Any, text: Callable[[str], str]) -> tuple[Any, ...]:
    if isinstance(outcome, Deadlock):
        return ("deadlock",)
    if isinstance(outcome, Raised):
        return "raised", text(outcome.error), text(outcome.text)
    try:
        check_plain(outcome, "an outcome")
    except NotPlainData:
        try:
            return "value", repr(outcome)
        except Exception as error:  # noqa: BLE001 - the learner's own code
            return "value", f"(its repr raises {type(error).__name__})"
    return "value", outcome


# -- the judge's side ------------------------------------------------------------------------------------------


def exploration(plain: object, what: str) -> Exploration:
    """Read what a host says that it has found.

    Args:
        plain: Its word.
        what: What it was asked for, for the message.

    Raises:
        SubmissionDied: That is no exploration.
    """
    try:
        found: Exploration = _read(Exploration, plain)
    except (_Nonsense, TypeError, ValueError) as error:
        raise SubmissionDied(
            f"{what}: the process that runs your code sent something that is no answer ({error})."
        ) from None
    return found


class _Nonsense(Exception):
    """Not what `to_plain` makes."""


def _read(kind: Any, value: Any) -> Any:
    """A value of a kind: a record, a tuple, a mapping from outcomes, a text or a number; all by its exact type.

    Raises:
        _Nonsense: It is of another kind.
    """
    if is_dataclass(kind):
        hints = get_type_hints(kind)
        if type(value) is not dict or set(value) != set(hints):
            raise _Nonsense(f"no {getattr(kind, '__name__', kind)}")
        make: Any = kind
        return make(**{name: _read(hint, value[name]) for name, hint in hints.items()})
    if get_origin(kind) is UnionType:
        [inner] = [one for one in get_args(kind) if one is not NoneType]
        return None if value is None else _read(inner, value)
    if get_origin(kind) is tuple:
        return tuple(_read(get_args(kind)[0], item) for item in _items(value))
    if get_origin(kind) is Mapping:
        return _mapping(get_args(kind)[1], [_pair(item) for item in _items(value)])
    if kind is Any:
        return _outcome_of(value)
    return _scalar(kind, value)


def _mapping(kind: Any, pairs: list[tuple[Any, Any]]) -> dict[Any, Any]:
    """Outcomes to values of a kind; the numbers of outcomes that are the same (two objects with one repr) add up."""
    found: dict[Any, Any] = {}
    for outcome, inner in pairs:
        key, read = _outcome_of(outcome), _read(kind, inner)
        found[key] = found[key] + read if kind is int and key in found else read
    return found


def _items(value: Any) -> list[Any]:
    if type(value) is not list or len(value) > MOST:
        raise _Nonsense("no list")
    return value


def _pair(value: Any) -> tuple[Any, Any]:
    match value:
        case (outcome, inner):
            return outcome, inner
    raise _Nonsense("no pair")


def _outcome_of(value: Any) -> Any:
    match value:
        case ("value", outcome):
            hash(outcome)  # TypeError: it cannot be a key
            return outcome
        case ("raised", str(error), str(text)):
            return Raised(error[:LONGEST], text[:LONGEST])
        case ("deadlock",):
            return DEADLOCK
    raise _Nonsense("no outcome")


def _scalar(kind: Any, value: Any) -> Any:
    if kind is float and type(value) in {int, float}:
        return float(value)
    if kind is int and type(value) is int and abs(value) < LARGEST:
        return value
    if kind is bool and type(value) is bool:
        return value
    if isinstance(kind, type) and issubclass(kind, str) and type(value) is str:
        return kind(value) if issubclass(kind, StrEnum) else value[:LONGEST]
    raise _Nonsense(f"no {getattr(kind, '__name__', kind)}")
