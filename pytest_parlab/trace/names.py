"""What does not fit into a record: sites, names and descriptions, one JSON line each, beside the ring.

A line is written once, when a process meets the thing for the first time, so it costs nothing on the access path. A
forked child knows what its parent had described before the fork, and does not describe it again.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

NAMES = ".names"
"""Suffix of the file; the stem is the index of the process."""
Names = dict[str, dict[int, dict[str, Any]]]
"""Kind of thing -> number -> facts."""
Places = dict[tuple[str, int], int]
"""Kind of thing and number -> where in the file it was described first, in bytes."""


class NamesWriter:
    """Appends descriptions to one process's file; each line is one ``write``, so a kill loses at most the last.

    The file is made when there is something to write. The program under test may close every descriptor that it did
    not open, and get ours for a file of its own: so what a descriptor stands for is looked up before it is used.

    Args:
        path: The file; it may be said later, before anything is described.

    Attributes:
        path: The file.
        size: Bytes written so far.
    """

    __slots__ = ("_cut", "_descriptor", "_file", "path", "size")

    def __init__(self, path: str | Path = "") -> None:
        self.path = os.fspath(path)
        self._descriptor = -1
        self._file = (0, 0)
        self._cut = False
        self.size = 0

    def write(self, about: str, identity: int, facts: dict[str, Any]) -> bool:
        """Describe one thing: what it is (`about`), its number, and what is known of it (plain JSON values).

        Returns False where there is no room for it: a recording never disturbs what it records.
        """
        line = json.dumps({"about": about, "id": identity, **facts}, ensure_ascii=True, default=repr)
        data = (b"\n" if self._cut else b"") + line.encode("ascii") + b"\n"
        try:
            if not self._is_ours():
                self._open()
            written = os.write(self._descriptor, data)
        except OSError:
            return False
        self.size += written
        self._cut = written < len(data)  # what comes next does not belong to a line that was cut short
        return not self._cut

    def close(self) -> None:
        """Close the file."""
        if self._is_ours():
            os.close(self._descriptor)
        self._descriptor = -1
        self.path = ""  # nothing more

    def _open(self) -> None:
        flags = os.O_CREAT | os.O_APPEND | os.O_WRONLY | getattr(os, "O_BINARY", 0)
        self._descriptor = os.open(self.path, flags, 0o600)
        status = os.fstat(self._descriptor)
        self._file = (status.st_dev, status.st_ino)

    def _is_ours(self) -> bool:
        if self._descriptor < 0:
            return False
        try:
            status = os.fstat(self._descriptor)
        except OSError:
            return False
        return (status.st_dev, status.st_ino) == self._file


def read_names(path: Path, places: Places | None = None) -> Names:
    """Read descriptions back. A line cut short by a kill is left out.

    Args:
        path: The file.
        places: Gets the place of each description.
    """
    found: Names = {}
    if not path.exists():
        return found
    places = {} if places is None else places
    place = 0
    for line in path.read_bytes().splitlines(keepends=True):
        here, place = place, place + len(line)
        try:
            facts = json.loads(line)
            about, identity = facts["about"], facts["id"]
        except (ValueError, KeyError, TypeError):
            continue
        places.setdefault((about, identity), here)
        found.setdefault(about, {}).setdefault(identity, {}).update(facts)
    return found
