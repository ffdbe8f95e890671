"""Tells when a process tree can do nothing more by itself: all asleep, no CPU used, nobody coming or going.

Imports nothing but the process table and the accounting, because the helper that uses it must start fast.
"""

from __future__ import annotations

import os
import sys
from collections import namedtuple

from pytest_parlab.machine.accounting import process_cpu_s, process_cpu_s_portable
from pytest_parlab.machine.table import PROC, descend, parents, parents_portable, read_stat

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

ASLEEP = frozenset("SIZXTt")
"""States of ``/proc`` that need somebody else to go on; not runnable (R), not waiting for a disk (D)."""

BUSY_STATUS = frozenset({"running", "disk-sleep", "waking"})
"""The same in psutil's words, the other way round."""

TOLERANCE = 0.02
"""Share of one core that a quiet tree may use: threads that wake up for a moment. A new process uses more."""

Look = namedtuple("Look", ["pids", "asleep", "cpu_s"])  # noqa: PYI024 -- typing costs 5 ms at the start of the helper
"""One look at a tree: ids of its processes, whether every thread of them sleeps, their CPU time so far in seconds."""


class Quiet:
    """Watches a tree by being asked again and again.

    Args:
        look: Looks at the tree.
        quiet_s: How long it must have been quiet, seconds.
    """

    def __init__(self, look: Callable[[], Look], quiet_s: float) -> None:
        self._look = look
        self._quiet_s = quiet_s
        self._since: tuple[float, Look] | None = None

    def restart(self) -> None:
        """Forget what was seen: something has happened."""
        self._since = None

    def reached(self, now: float) -> bool:
        """Look, and tell whether the tree has been quiet for long enough.

        Args:
            now: Seconds on a monotonic clock.
        """
        look = self._look()
        if not look.asleep:
            self._since = None
        elif self._since is None or not self._unchanged(look):
            self._since = (now, look)
        return self._since is not None and now - self._since[0] >= self._quiet_s

    def _unchanged(self, look: Look) -> bool:
        assert self._since is not None  # noqa: S101 -- the caller has looked
        first = self._since[1]
        return bool(look.pids == first.pids and look.cpu_s - first.cpu_s <= TOLERANCE * self._quiet_s)


def look_at_tree(pid: int, *, include: bool, without: Iterable[int] = ()) -> Look:
    """Look at a process tree; exact on Linux, by psutil elsewhere.

    Args:
        pid: Root of the tree.
        include: The root itself counts too.
        without: Ids of processes that do not count.
    """
    if sys.platform != "linux" or not (PROC / "self/stat").exists():
        return look_at_tree_portable(pid, include=include, without=without)
    pids = _members(children_of, pid, include=include) - set(without)
    asleep = all(state in ASLEEP for member in pids for state in _thread_states(member, PROC))
    return Look(frozenset(pids), asleep, sum(process_cpu_s(member) for member in pids))


def look_at_tree_portable(pid: int, *, include: bool, without: Iterable[int] = ()) -> Look:
    """The same for any system; a thread that waits for a core can be missed, and on Windows only CPU time tells."""
    import psutil  # noqa: PLC0415 -- 30 ms that the Linux way need not pay

    found = descend(parents_portable(), [pid])
    pids = {*found, pid} if include else set(found)
    pids -= set(without)
    asleep = True
    for member in pids:
        try:
            asleep = asleep and (sys.platform == "win32" or psutil.Process(member).status() not in BUSY_STATUS)
        except psutil.Error:  # ended meanwhile
            continue
    return Look(frozenset(pids), asleep, sum(process_cpu_s_portable(member) for member in pids))


def children_of(pid: int, proc: Path = PROC) -> list[int] | None:
    """List the children of one process without reading the whole process table; None where the kernel cannot.

    The kernel may miss one while another ends. That shows as a process that came, which is no reason to give up.
    """
    found: list[int] = []
    for thread in _threads(pid, proc):
        try:
            found += [int(word) for word in (proc / str(pid) / "task" / thread / "children").read_text().split()]
        except FileNotFoundError:
            if (proc / str(pid) / "task" / thread).exists():
                return None
        except OSError:  # ended meanwhile
            continue
    return found


def _members(children: Callable[[int], list[int] | None], pid: int, *, include: bool) -> set[int]:
    found: set[int] = set()
    waiting = [pid]
    while waiting:
        below = children(waiting.pop())
        if below is None:
            found = set(descend(parents(), [pid]))
            break
        waiting += [child for child in below if child not in found]
        found.update(below)
    return found | {pid} if include else found


def _thread_states(pid: int, proc: Path) -> list[str]:
    """The state letters of all threads of a process; empty if it has gone."""
    fields = (read_stat(proc / str(pid) / "task" / thread / "stat") for thread in _threads(pid, proc))
    return [words[0] for words in fields if words]


def _threads(pid: int, proc: Path) -> list[str]:
    try:
        return os.listdir(proc / str(pid) / "task")  # noqa: PTH208 -- read very often
    except OSError:
        return []
