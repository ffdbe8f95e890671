"""Processes that are not the user's: our own short-lived helpers, and those that multiprocessing starts by itself.

They are children of this process like any other, so whoever looks for what the user's code left behind must know
them by their ids; and whoever forks must not keep their pipes open.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from weakref import WeakSet

END_S = 2.0
"""How long a helper may take to end by itself after its input was closed; it normally takes a few milliseconds."""

_helpers: WeakSet[subprocess.Popen[bytes]] = WeakSet()

PYTHON_HELPERS = ("resource_tracker import main", "forkserver import main")
"""Part of the command line of the helpers that multiprocessing (and joblib's copy of it) starts by itself."""


def start_helper(command: Sequence[str]) -> subprocess.Popen[bytes]:
    """Start a helper process of our own: own session, pipes for input and output, nothing on standard error.

    It must end by itself when its input is closed. Every process forked from this one closes its copies of the
    pipes, so that the helper ends with this process even if a child lives on.
    """
    helper = subprocess.Popen(
        list(command),
        bufsize=0,  # a fork must not inherit half-written orders
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # an interrupt from the keyboard is not for helpers
    )
    _helpers.add(helper)
    return helper


def end_helper(helper: subprocess.Popen[bytes]) -> None:
    """Close a helper's pipes and wait until it has ended; kill it if it does not."""
    _close_pipes(helper)
    try:
        helper.wait(END_S)
    except subprocess.TimeoutExpired:
        helper.kill()
        helper.wait()
    _helpers.discard(helper)


@contextmanager
def helper_process(command: Sequence[str]) -> Iterator[subprocess.Popen[bytes]]:
    """Start a helper for the time of a block."""
    helper = start_helper(command)
    try:
        yield helper
    finally:
        end_helper(helper)


def helper_pids() -> frozenset[int]:
    """Ids of the helpers that this process has: our own and those of multiprocessing."""
    found = {helper.pid for helper in _helpers}
    for module, instance, attribute in (
        ("multiprocessing.resource_tracker", "_resource_tracker", "_pid"),
        ("multiprocessing.forkserver", "_forkserver", "_forkserver_pid"),
        ("joblib.externals.loky.backend.resource_tracker", "_resource_tracker", "_pid"),
    ):
        pid = getattr(getattr(sys.modules.get(module), instance, None), attribute, None)
        if isinstance(pid, int):
            found.add(pid)
    return frozenset(found)


def is_python_helper(command: str, parent_command: str) -> bool:
    """Tell from command lines whether a process is a helper that multiprocessing started by itself.

    A process forked by the fork server keeps its command line, so a parent of the same name means that it is not
    the fork server. Command lines can be forged: use it for display and to be patient, not to trust.
    """
    return any(mark in command and mark not in parent_command for mark in PYTHON_HELPERS)


def _close_pipes(helper: subprocess.Popen[bytes]) -> None:
    for pipe in (helper.stdin, helper.stdout):
        if pipe is not None:
            with suppress(OSError):
                pipe.close()


def _forget_helpers() -> None:
    """In a forked child: the helpers belong to the parent."""
    for helper in list(_helpers):
        _close_pipes(helper)
        helper.returncode = 0  # not our child: nobody here must wait for it, or warn that it still runs
    _helpers.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_helpers)
