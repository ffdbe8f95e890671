"""Who is whose child: the process table of the machine, as plain numbers.

On Linux it is read from ``/proc`` without psutil, because short-lived helpers cannot afford that import.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

PROC = Path("/proc")


def parents(proc: Path = PROC) -> dict[int, int]:
    """Read the whole process table: process id to the id of its parent."""
    table = _parents_from_proc(proc) if sys.platform == "linux" else {}
    return table or parents_portable()


def parents_portable() -> dict[int, int]:
    """The same for any system, through psutil."""
    import psutil  # noqa: PLC0415 -- 30 ms that most callers need not pay

    table: dict[int, int] = {}
    for pid in psutil.pids():
        try:
            table[pid] = psutil.Process(pid).ppid()
        except psutil.Error:  # ended meanwhile
            continue
    return table


def descend(table: Mapping[int, int], roots: Iterable[int]) -> list[int]:
    """List the descendants of some processes, parents before children; the roots themselves are not in it."""
    children: dict[int, list[int]] = {}
    for pid, parent in table.items():
        if pid != parent:  # the idle process of some systems is its own parent
            children.setdefault(parent, []).append(pid)
    seen = set(roots)
    found: list[int] = []
    waiting = list(seen)
    while waiting:
        generation = [child for pid in waiting for child in children.get(pid, ()) if child not in seen]
        seen.update(generation)
        found += generation
        waiting = generation
    return found


def stat_fields(text: str) -> list[str]:
    """Split the content of ``/proc/PID/stat`` after the command: state, parent, and so on (proc(5) from field 3).

    The command may hold blanks and brackets, so the last closing bracket counts.
    """
    return text[text.rfind(")") + 2 :].split()


def read_stat(path: Path) -> list[str]:
    """Read and split one ``stat`` file of ``/proc``; empty if the process has gone."""
    try:
        with open(path, "rb") as file:  # noqa: PTH123 -- a third of the cost of Path.read_text, and read very often
            return stat_fields(file.read().decode("utf-8", "replace"))
    except OSError:
        return []


def _parents_from_proc(proc: Path) -> dict[int, int]:
    table: dict[int, int] = {}
    try:
        names = [entry.name for entry in proc.iterdir() if entry.name.isdigit()]
    except OSError:
        return table
    for name in names:
        fields = read_stat(proc / name / "stat")
        if len(fields) > 1:
            table[int(name)] = int(fields[1])
    return table
