"""Reads typed keys from a parsed file and collects what is wrong with them, so that one error can say it all."""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pytest_parlab.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

_SHOWN = 60
"""Longest value that is quoted in a message, in characters."""

_TYPE_WORDS = {bool: "true or false", int: "a whole number", float: "a decimal number", str: "text", list: "a list"}


def described(value: object) -> str:
    """Say what a value is, for a beginner: ``"3", text``."""
    words = _TYPE_WORDS.get(type(value), "a table" if isinstance(value, Mapping) else type(value).__name__)
    if isinstance(value, Mapping) or words == "true or false":
        return words if isinstance(value, Mapping) else str(value).lower()
    shown = f'"{value}"' if isinstance(value, str) else repr(value)
    if len(shown) > _SHOWN:
        shown = shown[: _SHOWN - 3] + "..."
    return f"{shown}, {words}"


class Problems:
    """What is wrong with one file, collected while it is read.

    Args:
        file: The file's name, as the user knows it.
    """

    def __init__(self, file: object) -> None:
        self._file = str(file)
        self._found: list[str] = []

    def add(self, where: str, wrong: str, works: str) -> None:
        """Note one mistake: the key, what is wrong with it, and what would work."""
        self._found.append(f"{where} {wrong}; {works}")

    def raise_if_any(self) -> None:
        """Raise one error that names the file and every mistake.

        Raises:
            UsageError: At least one mistake was noted.
        """
        if len(self._found) == 1:
            raise UsageError(f"{self._file}: {self._found[0]}")
        if self._found:
            lines = "".join(f"\n  {line}" for line in self._found)
            raise UsageError(f"{self._file} has {len(self._found)} mistakes:{lines}")


class Table:
    """One table of the file. Each method reads one key; a mistake is noted and an empty value is returned.

    Args:
        data: The parsed table.
        problems: Where mistakes are noted.
        where: What the table is, in words, for example ``task 2``; empty for the top of the file.
    """

    def __init__(self, data: Mapping[str, Any], problems: Problems, where: str = "") -> None:
        self.data = data
        self.problems = problems
        self.where = where

    def refuse_unknown(self, known: Collection[str]) -> None:
        """Note every key that is not known, with the known key that it resembles."""
        for key in self.data:
            if key not in known:
                near = difflib.get_close_matches(key, known, n=1)
                works = f"did you mean {near[0]!r}?" if near else f"the keys here are {', '.join(sorted(known))}"
                self.note(key, "is not a known key", works)

    def note(self, key: str, wrong: str, works: str) -> None:
        """Note a mistake in one key of this table."""
        self.problems.add(f"key {key!r}" + (f" of {self.where}" if self.where else ""), wrong, works)

    def text(self, key: str, example: str, *, empty: bool = False) -> str:
        """Read a text; `empty` allows the empty one."""
        value = self._get(key, f"write {key} = {example}")
        if isinstance(value, str) and (empty or value.strip()):
            return value
        self._refused(key, value, f"write a text such as {key} = {example}")
        return ""

    def whole(self, key: str, example: int, *, least: int = 0) -> int:
        """Read a whole number of at least `least`."""
        value = self._get(key, f"write {key} = {example}")
        if type(value) is int and value >= least:
            return value
        self._refused(key, value, f"write a whole number of at least {least}, such as {key} = {example}")
        return example

    def number(self, key: str, example: float, *, above: float | None = None) -> float:
        """Read a finite number that is more than `above` (at least 0 if that is None)."""
        value = self._get(key, f"write {key} = {example}")
        if type(value) in {int, float} and math.isfinite(value) and (value >= 0 if above is None else value > above):
            return float(value)
        bound = "of at least 0" if above is None else f"above {above:g}"
        self._refused(key, value, f"write a number {bound}, such as {key} = {example}")
        return float(example)

    def texts(self, key: str, example: str) -> tuple[str, ...]:
        """Read a list of texts, none of them empty."""
        value = self._get(key, f"write {key} = {example}")
        if isinstance(value, list) and all(isinstance(each, str) and each.strip() for each in value):
            return tuple(value)
        self._refused(key, value, f"write a list of texts, such as {key} = {example}")
        return ()

    def tables(self, key: str, works: str) -> Sequence[Mapping[str, Any]]:
        """Read a list of tables."""
        value = self._get(key, works)
        if isinstance(value, list) and all(isinstance(each, Mapping) for each in value):
            return value
        self._refused(key, value, works)
        return ()

    def table(self, key: str, works: str) -> Mapping[str, Any]:
        """Read one table."""
        value = self._get(key, works)
        if isinstance(value, Mapping):
            return value
        self._refused(key, value, works)
        return {}

    def _get(self, key: str, works: str) -> Any:
        if key not in self.data:
            self.note(key, "is missing", works)
        return self.data.get(key)

    def _refused(self, key: str, value: object, works: str) -> None:
        if key in self.data:
            self.note(key, f"is {described(value)}", works)
