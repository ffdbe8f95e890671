"""Where every process of a tree stands: stacks on request, also of processes that hang in a lock.

The host calls `enable` once: from then on a signal makes faulthandler append the stacks of all threads to a file,
without running any Python code. Forked children inherit handler and file; a program started anew must call `enable`
itself. The signal is one that does nothing to a process without a handler.
"""

from __future__ import annotations

import faulthandler
import os
import signal
import time
from collections.abc import Iterable
from pathlib import Path
from typing import IO

from pytest_parlab.machine.table import PROC, read_stat

SIGNAL: int | None = getattr(signal, "SIGINFO", getattr(signal, "SIGURG", None))
"""Both are ignored by default, so a request that reaches the wrong process is harmless. None on Windows."""

ASLEEP_S = 0.03
SETTLED_S = 0.3
"""A dump is complete when the file has not grown for this long: less if the process is seen to sleep again."""

LOOK_S = 0.005

_files: list[IO[bytes]] = []


def available() -> bool:
    """Tell whether this system can do it."""
    return SIGNAL is not None and hasattr(faulthandler, "register")


def enable(path: str | os.PathLike[str]) -> bool:
    """Let this process, and those that it forks, append their stacks to a file on request.

    Args:
        path: File to append to; created if needed. The same file may serve many processes.

    Returns:
        False where the system has no such signal, or the file cannot be opened.
    """
    if not available() or SIGNAL is None:
        return False
    try:
        file = open(path, "ab", buffering=0)  # noqa: PTH123, SIM115 -- stays open for the handler
    except OSError:
        return False
    faulthandler.register(SIGNAL, file=file, all_threads=True, chain=False)
    _close_files()
    _files.append(file)
    return True


def disable() -> None:
    """Undo `enable` in this process."""
    if available() and SIGNAL is not None:
        faulthandler.unregister(SIGNAL)
    _close_files()


def request(pids: Iterable[int], path: str | os.PathLike[str], wait_s: float = 1.0) -> str:
    """Ask processes for their stacks, one after the other.

    Only processes that have a handler get the signal (Linux tells), and each gets its share of the time.

    Args:
        pids: Whom to ask.
        path: The file that they were enabled with.
        wait_s: How long to wait at most for all of them together, seconds.

    Returns:
        For each process that answered a line ``Process PID`` and its stacks; empty if none did.
    """
    if not available():
        return ""
    end = time.monotonic() + wait_s
    asked = [pid for pid in pids if listens(pid)]
    parts = []
    for position, pid in enumerate(asked):
        share = (end - time.monotonic()) / (len(asked) - position)
        text = _ask(pid, Path(path), share)
        if text:
            parts.append(f"Process {pid}\n{text.rstrip()}\n")
    return "\n".join(parts)


def listens(pid: int, proc: Path = PROC) -> bool:
    """Tell whether a process has a handler for the signal; True where the system does not tell."""
    if SIGNAL is None:
        return False
    try:
        status = (proc / str(pid) / "status").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return not (proc / "self").exists()
    caught = next((line.split()[1] for line in status.splitlines() if line.startswith("SigCgt:")), "0")
    return bool(int(caught, 16) >> (SIGNAL - 1) & 1)


def _ask(pid: int, path: Path, wait_s: float) -> str:
    """Signal one process and return what the file gained, once it has stopped growing."""
    start = size = _size(path)
    try:
        os.kill(pid, SIGNAL or 0)
    except OSError:
        return ""
    now = changed = time.monotonic()
    end = now + wait_s
    while now < end and (size == start or now - changed < (ASLEEP_S if _sleeps(pid) else SETTLED_S)):
        time.sleep(LOOK_S)
        now = time.monotonic()
        if (grown := _size(path)) != size:
            size, changed = grown, now
    try:
        with path.open("rb") as file:
            file.seek(start)
            return file.read(size - start).decode("utf-8", "replace")
    except OSError:
        return ""


def _sleeps(pid: int) -> bool:
    """Tell whether a process sleeps; False where the system does not tell."""
    return read_stat(PROC / str(pid) / "stat")[:1] == ["S"]


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _close_files() -> None:
    while _files:
        _files.pop().close()
