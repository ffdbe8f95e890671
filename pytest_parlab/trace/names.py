"""What does not fit into a record: sites, names and descriptions, one JSON line each, beside the ring.

A line is written once, when a process meets the thing for the first time, so it costs nothing on the access path.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any


class NamesWriter:
    """Appends descriptions to one process's file; each line is one ``write``, so a kill loses at most the last."""

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_CREAT | os.O_APPEND | os.O_WRONLY | getattr(os, "O_BINARY", 0), 0o600)

    def write(self, about: str, identity: int, facts: dict[str, Any]) -> bool:
        """Describe one thing: what it is (`about`), its number, and what is known of it (plain JSON values).

        Returns False where there is no room for it: a recording never disturbs what it records.
        """
        line = json.dumps({"about": about, "id": identity, **facts}, ensure_ascii=True, default=repr)
        data = line.encode("ascii") + b"\n"
        try:
            return os.write(self._descriptor, data) == len(data)
        except OSError:
            return False

    def close(self) -> None:
        """Close the file."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def read_names(path: Path) -> dict[str, dict[int, dict[str, Any]]]:
    """Read descriptions back: kind of thing -> number -> facts. A line cut short by a kill is left out."""
    found: dict[str, dict[int, dict[str, Any]]] = {}
    if not path.exists():
        return found
    for line in path.read_bytes().splitlines():
        try:
            facts = json.loads(line)
        except ValueError:
            continue
        found.setdefault(facts["about"], {}).setdefault(facts["id"], {}).update(facts)
    return found
