"""Adopted children: processes whose own parent ended, so that they became ours and nobody else will wait for them.

Waiting for a child takes its exit status away from everybody else. So a status is collected only if no object of
this interpreter (``subprocess.Popen``, ``multiprocessing.Process``) is going to ask for it.
"""

from __future__ import annotations

import ctypes
import gc
import os
import sys
from collections.abc import Iterable

from pytest_parlab.machine.helpers import helper_pids

PR_SET_CHILD_SUBREAPER = 36
"""Operation of prctl(2), from ``linux/prctl.h``."""


def become_subreaper(*, enabled: bool = True) -> bool:
    """Let orphans among this process's descendants become its own children instead of init's (Linux).

    Returns:
        True if the system does it. Where it returns False, orphans leave the tree, and only those that a
        `Watcher` has seen before (call its `look` while you wait) can be found again.
    """
    if sys.platform != "linux":
        return False
    try:
        library = ctypes.CDLL(None, use_errno=True)
        return bool(library.prctl(PR_SET_CHILD_SUBREAPER, int(enabled), 0, 0, 0) == 0)
    except (OSError, AttributeError):
        return False


def awaited_pids() -> frozenset[int]:
    """Ids of the children that an object of this interpreter has started and not yet waited for.

    Found by looking at every object, because neither subprocess nor multiprocessing keeps a complete list. This takes
    some milliseconds: ask only when there is an unknown child. Children of a bare ``os.fork`` have no object.
    """
    kinds = _process_kinds()
    found = set(helper_pids())
    if kinds:
        for thing in gc.get_objects():
            # type(), not isinstance(): a proxy may run code when its __class__ is asked for
            if issubclass(type(thing), kinds) and getattr(thing, "returncode", 0) is None:
                pid = getattr(thing, "pid", None)
                if isinstance(pid, int):
                    found.add(pid)
    return frozenset(found)


def reap(pids: Iterable[int]) -> tuple[int, ...]:
    """Collect children that have ended, so that they leave the process table.

    Args:
        pids: Children of this process that are known to be orphans from elsewhere; others are left alone.

    Returns:
        Those that were collected. One that still runs or that somebody here waits for is not.
    """
    wanted = list(pids)
    if not wanted or not hasattr(os, "waitpid") or sys.platform == "win32":
        return ()
    awaited = awaited_pids()
    return tuple(pid for pid in wanted if pid not in awaited and _collect(pid))


def let_owners_reap() -> None:
    """Let multiprocessing collect its own ended children, exit status kept, if it is in use at all."""
    module = sys.modules.get("multiprocessing.process")
    if module is not None:
        module.active_children()


def _collect(pid: int) -> bool:
    try:
        return os.waitpid(pid, os.WNOHANG)[0] == pid
    except ChildProcessError:  # not our child, or collected meanwhile
        return False


def _process_kinds() -> tuple[type, ...]:
    """The classes that wait for a child, as far as they are imported."""
    names = ("subprocess", "multiprocessing.popen_fork")
    modules = (sys.modules.get(name) for name in names)
    return tuple(module.Popen for module in modules if module is not None)
