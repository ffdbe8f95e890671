"""The files of one process in one watch directory."""

from __future__ import annotations

import itertools
import os
from pathlib import Path
from typing import Any

from pytest_parlab.trace.names import NamesWriter
from pytest_parlab.trace.records import Kind, Problem, now_ns
from pytest_parlab.trace.ring import RingWriter
from pytest_parlab.trace.session import UNRECORDED

_PASSING = frozenset({"child", "process-error"})
"""What a later watch is not told: it was over before that watch was opened."""


class Sink:
    """Where one process records one watch.

    Args:
        directory: The watch directory.

    Attributes:
        index: This process's index in that watch.
        append: Writes one record; see `RingWriter.append`.

    Raises:
        OSError: The directory is gone or full.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.index, self._ring = _claim(directory)
        self.append = self._ring.append
        try:
            self._names = NamesWriter(directory / f"{self.index}.names")
        except OSError:
            self._ring.close()
            raise

    def describe(self, about: str, identity: int, facts: dict[str, Any]) -> None:
        """Say what a number stands for."""
        if not self._names.write(about, identity, facts):
            self.append(Problem.NAMES, now_ns(), Kind.PROBLEM)

    def describe_again(self, about: str, identity: int, facts: dict[str, Any]) -> None:
        """Say what a number stood for before this watch was opened."""
        if about not in _PASSING:
            self.describe(about, identity, {**facts, "older": True})

    def close(self) -> None:
        """Close the files; what was written stays."""
        self._ring.close()
        self._names.close()


def _claim(directory: Path) -> tuple[int, RingWriter]:
    """Take the first free process index by creating its ring: exclusive creation is atomic on every system."""
    for index in itertools.count(sum(1 for _ in directory.glob("*.ring"))):
        try:
            return index, RingWriter(directory / f"{index}.ring")
        except FileExistsError:
            continue
    raise AssertionError


def leave_note(directories: tuple[Path, ...]) -> None:
    """Say in each watch directory that this process could not be recorded; an empty file needs next to no room."""
    for directory in directories:
        try:
            (directory / f"{os.getpid()}{UNRECORDED}").touch()
        except OSError:
            continue
