"""What cannot be scheduled: it is named with its place, and the schedule ends there."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from functools import wraps
from types import FrameType
from typing import Any

from pytest_parlab.explore.control import controller
from pytest_parlab.instrument.patches import Patches


def install(patches: Patches) -> None:
    """Watch for threads, programs, sockets and forks by hand."""
    for owner, name, what in (
        (threading.Thread, "start", "it starts a thread"),
        (subprocess.Popen, "__init__", "it starts a program"),
        (socket.socket, "connect", "it connects a socket"),
        (socket.socket, "accept", "it accepts a connection"),
    ):
        patches.replace(owner, name, _refused(getattr(owner, name), what))
    if hasattr(os, "fork"):
        patches.replace(os, "fork", _refused(os.fork, "it forks by hand"))


def _refused(original: Callable[..., Any], what: str) -> Callable[..., Any]:
    @wraps(original)
    def refused(*args: Any, **kwargs: Any) -> Any:
        control = controller.active
        if control is not None and not _is_ours(sys._getframe(1)):
            control.unmodelled(what)
        return original(*args, **kwargs)

    return refused


def _is_ours(frame: FrameType) -> bool:
    """Tell whether `multiprocessing` itself does this, for what is modelled otherwise."""
    caller = str(frame.f_globals.get("__name__", ""))
    return caller.startswith(("multiprocessing.", "concurrent.futures."))
