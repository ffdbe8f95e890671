"""What the processes of a schedule do, written down in words for somebody who wants to read it."""

from __future__ import annotations

import json
from multiprocessing.process import BaseProcess, current_process
from pathlib import Path
from typing import IO, Any

from pytest_parlab.explore.control.places import Spot

FILE = "story"
_LONGEST = 40
"""Characters of a value that are shown."""


class Story:
    """One file for all processes of a schedule; a line of it is written at once, by the holder of the token.

    Args:
        directory: Where it lies.
    """

    def __init__(self, directory: Path) -> None:
        self._path = directory / FILE
        self._file: IO[str] | None = None

    def next(self, process: int, kind: int, thing: object, spot: Spot, *, who: str = "") -> None:
        """A process (`who` if it is not this one) is about to do something, and may have to wait for ever."""
        self._write("next", process, int(kind), thing, spot, who=who)

    def step(self, number: int, action: str, thing: object, spot: Spot, value: object, *, who: str = "") -> None:
        """It has done it."""
        self._write("step", number, action, thing, spot, shown(value), who=who)

    def lock(self, process: int, thing: object, spot: Spot, *, held: bool) -> None:
        """It has a lock now, or no longer."""
        self._write("hold" if held else "free", process, "", thing, spot)

    def _write(  # noqa: PLR0917 - one line of a table
        self, what: str, number: int, action: int | str, thing: object, spot: Spot, value: str = "", who: str = ""
    ) -> None:
        if self._file is None:
            self._file = self._path.open("a", buffering=1)
        facts = [what, number, who or current_process().name, action, name_of(thing), spot.path, spot.line, value]
        facts.append(number_of(thing))
        self._file.write(json.dumps(facts) + "\n")


class Named:
    """What a reader knows something by, where the thing itself is not at hand, or is not to be kept.

    Args:
        name: Its name.
        number: What tells it from others with the same name.
    """

    def __init__(self, name: str, number: int) -> None:
        self.name = self._parlab_kind = name
        self._parlab_slot = "", number


def name_of(thing: Any) -> str:
    """What a reader calls an object that processes share."""
    if isinstance(thing, str):
        return thing
    if isinstance(thing, BaseProcess):
        return thing.name
    return f"{vars(thing).get('_parlab_kind') or type(thing).__name__}{vars(thing).get('_parlab_made', '')}"


def number_of(thing: Any) -> int:
    """What tells an object from another that a reader calls the same; 0 if nothing does."""
    known = {} if isinstance(thing, str) else vars(thing)
    _, number = known.get("_parlab_cells") or known.get("_parlab_slot") or ("", 0)
    return int(number)


def shown(value: Any) -> str:
    """A value, or its beginning."""
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."
