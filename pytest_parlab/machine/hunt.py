"""Ends whole process trees: finds everything below some processes while these end, freezes it, kills it."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING

from pytest_parlab.machine.orphans import awaited_pids, reap
from pytest_parlab.machine.processes import ProcessInfo, describe, has_ended, open_all
from pytest_parlab.machine.table import descend, parents

if TYPE_CHECKING:
    import psutil

LOOK_S = 0.01
"""Pause between two looks while processes end."""

LIMIT_S = 10.0
"""How long to go on killing; only a fork bomb or a process stuck inside the kernel needs more than milliseconds."""

FREEZES = 20
"""How often to look for processes that are not yet frozen before killing what is there."""


class Hunt:
    """Keeps track of everything below some processes while these end, orphans of theirs included."""

    def __init__(self, roots: Iterable[psutil.Process]) -> None:
        table = parents()
        self.found: dict[psutil.Process, ProcessInfo] = {}
        self._seen: dict[psutil.Process, None] = dict.fromkeys(roots)
        self._orphans: set[psutil.Process] = set()
        self._ours = {pid for pid, parent in table.items() if parent == os.getpid()}

    def look(self) -> list[psutil.Process]:
        """Find who belongs to the tree now; returns those that have not ended."""
        table = parents()
        self._adopt(table)
        for process in open_all(descend(table, [process.pid for process in self._seen if process.is_running()])):
            self._seen.setdefault(process)
        alive = []
        for process in self._seen:
            if has_ended(process):
                continue
            alive.append(process)
            if process not in self.found and (info := describe(process)) is not None:
                self.found[process] = info
        return alive

    def _adopt(self, table: dict[int, int]) -> None:
        """Take in children of this process that were not its children when the hunt began and that nobody owns."""
        new = {pid for pid, parent in table.items() if parent == os.getpid()} - self._ours
        known = {process.pid: process for process in self._seen}
        self._orphans.update(known[pid] for pid in new if pid in known)
        unknown = new - set(known)
        if unknown:
            for process in open_all(unknown - awaited_pids()):
                self._seen.setdefault(process)
                self._orphans.add(process)

    def collect(self) -> None:
        """Collect the orphans that have ended."""
        self._adopt(parents())
        reap([process.pid for process in self._orphans if process.is_running() and has_ended(process)])


def end_all(roots: Iterable[psutil.Process], grace_s: float) -> tuple[ProcessInfo, ...]:
    """End some processes and everything below them; see `pytest_parlab.machine.tree.end_tree`.

    Args:
        roots: Where to begin.
        grace_s: Seconds between SIGTERM and SIGKILL; 0 kills at once.

    Returns:
        Every process that was running when it was found.
    """
    hunt = Hunt(roots)
    alive = hunt.look()
    if grace_s > 0:
        for action in ("terminate", "resume"):
            _each(alive, action)
        end = time.monotonic() + grace_s
        while alive and time.monotonic() < end:
            time.sleep(LOOK_S)
            alive = hunt.look()
    end = time.monotonic() + LIMIT_S
    while alive and time.monotonic() < end:
        _kill_frozen(hunt)
        time.sleep(LOOK_S / 5)
        alive = hunt.look()
    hunt.collect()
    return tuple(hunt.found.values())


def _kill_frozen(hunt: Hunt) -> None:
    """Freeze the whole tree first, because a process can fork faster than its relatives are killed."""
    frozen: set[psutil.Process] = set()
    for _ in range(FREEZES):
        new = [process for process in hunt.look() if process not in frozen]
        if not new:
            break
        _each(new, "suspend")
        frozen.update(new)
    _each(hunt.look(), "kill")


def _each(processes: Iterable[psutil.Process], action: str) -> None:
    import psutil  # noqa: PLC0415 -- 30 ms that most importers need not pay

    for process in processes:
        try:
            getattr(process, action)()
        except (psutil.Error, OSError):  # ended meanwhile, or not ours to signal
            continue
