"""The process tree below this process: who is there, who was left behind, and how to end all of it.

::

    judge (this process, adopts orphans where the system can: become_subreaper)
      +-- host                    end_tree(host): SIGTERM, a moment of grace, then freeze, kill, look again
      |     +-- worker            until nobody is left
      |           +-- grandchild
      +-- daemon                  double fork or new session: its parent ended, so it is ours now; Watcher sees it
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Self

from pytest_parlab.machine.helpers import helper_pids, is_python_helper
from pytest_parlab.machine.hunt import LOOK_S, end_all
from pytest_parlab.machine.orphans import become_subreaper, let_owners_reap, reap
from pytest_parlab.machine.processes import ProcessInfo, descendants, describe, has_ended, open_all
from pytest_parlab.machine.table import descend, parents

if TYPE_CHECKING:
    import psutil

__all__ = ["ProcessInfo", "Watcher", "become_subreaper", "descendants", "end_tree"]

HELPER_END_S = 1.0
"""How long a helper of multiprocessing may outlive the process that it served before it counts as left behind."""


def end_tree(pid: int, *, grace_s: float = 0.5) -> tuple[ProcessInfo, ...]:
    """End a process and everything below it, and come back when nothing of it runs any more.

    SIGTERM to all (stopped ones are woken to receive it), `grace_s` to obey, then all are frozen, so that nobody
    can fork away, killed, and looked for again until nobody is left. Orphans that became children of this process
    meanwhile are ended and collected too. The exit status of `pid` itself is left for whoever started it.

    Args:
        pid: Root of the tree; no longer existing is fine.
        grace_s: Seconds between SIGTERM and SIGKILL; 0 kills at once.

    Returns:
        Every process that was running when it was found, `pid` included.

    Raises:
        ValueError: `pid` is this process, or one that this process descends from.
    """
    if pid == os.getpid() or os.getpid() in descend(parents(), [pid]):
        raise ValueError(f"end_tree cannot end process {pid}: the caller (process {os.getpid()}) belongs to its tree")
    return end_all(open_all([pid]), grace_s)


class Watcher:
    """Finds the processes that were left running below this one since the block was entered.

    A context manager; it ends nothing by itself. Orphans are found where this process is a subreaper, or if `look`
    was called while their parent still lived. Our own helpers, and those that multiprocessing runs by itself, do
    not count.

    Example:
        >>> with Watcher() as watcher:
        ...     pass
        >>> watcher.left()
        ()
    """

    def __init__(self) -> None:
        self._before: frozenset[psutil.Process] = frozenset()
        self._seen: dict[psutil.Process, None] = {}

    def __enter__(self) -> Self:
        self._before = frozenset(open_all(descend(parents(), [os.getpid()])))
        return self

    def __exit__(self, *_exception: object) -> None:
        self.look()

    def look(self) -> None:
        """Remember who is there now; worth calling while waiting where this process cannot become a subreaper."""
        roots = [os.getpid(), *(process.pid for process in self._seen if process.is_running())]
        for process in open_all(descend(parents(), roots)):
            if process not in self._before:
                self._seen[process] = None

    def left(self) -> tuple[ProcessInfo, ...]:
        """List the new descendants that still run; zombies have ended and do not count."""
        end = time.monotonic() + HELPER_END_S
        while True:
            infos = self._running()
            strays = any(is_python_helper(info.command, "") for info in infos)
            if not strays or time.monotonic() >= end:
                return infos
            time.sleep(LOOK_S)  # the helper of a process that ended just now is about to go by itself

    def sweep(self, *, grace_s: float = 0.0) -> tuple[ProcessInfo, ...]:
        """End the new descendants that still run, and collect orphans that nobody else waits for.

        Args:
            grace_s: Seconds between SIGTERM and SIGKILL; 0 kills at once.

        Returns:
            Those that were running.
        """
        self._running()
        kept = helper_pids()
        ended = end_all([process for process in self._seen if process.pid not in kept], grace_s)
        let_owners_reap()
        self.look()
        table = parents()
        reap([process.pid for process in self._seen if table.get(process.pid) == os.getpid() and has_ended(process)])
        return ended

    def _running(self) -> tuple[ProcessInfo, ...]:
        """The new descendants that run and are nobody's helpers."""
        self.look()
        kept = helper_pids()
        infos = {}
        for process in self._seen:
            info = describe(process)
            if info is not None and info.status != "zombie" and process.pid not in kept:
                infos[info.pid] = info
        commands = {info.pid: info.command for info in infos.values()}
        adopters = kept | {os.getpid()}  # what these have as a child is the user's, or an orphan
        return tuple(
            info
            for info in infos.values()
            if info.parent in adopters or not is_python_helper(info.command, commands.get(info.parent, ""))
        )
