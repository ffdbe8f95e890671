"""Ends a host's whole tree, and clears away what runs that were killed have left.

The helpers that multiprocessing starts by itself are the last to go: its resource tracker removes the semaphores and
the shared memory of killed processes once it is alone, which takes it some milliseconds.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_parlab.sandbox.folder import PREFIX
from pytest_parlab.trace import session

if TYPE_CHECKING:
    import psutil

    from pytest_parlab.machine.tree import Watcher

END_S = 2.0
"""How long a process that was killed may take to be gone."""
ROUNDS = 5
"""How often to look for processes that are not yet stopped before those that are there are killed."""
PATIENCE_S = 1.0
"""How long the helpers of multiprocessing get to clear up."""
LOOK_S = 0.02


def end_host(process: subprocess.Popen[bytes], watcher: Watcher) -> None:
    """End a host and everything below it or left by it, and come back when nothing of it runs.

    Args:
        process: The host.
        watcher: Entered before it was started.
    """
    try:
        if process.poll() is None:
            watcher.look()
            kill_all_but_helpers([process.pid])
            process.wait(END_S)
        watcher.left()  # gives the helpers time to go by themselves
    except subprocess.TimeoutExpired:
        pass
    finally:
        watcher.sweep()


def kill_all_but_helpers(roots: Iterable[int]) -> None:
    """Stop and then kill processes and their descendants, except the helpers of multiprocessing."""
    stopped: dict[psutil.Process, None] = {}
    for _ in range(ROUNDS):
        found = [process for process in _tree(roots) if process not in stopped]
        if not found:
            break
        for process in found:
            _each(process.suspend)
            stopped[process] = None
    for process in stopped:
        _each(process.kill)


def _tree(roots: Iterable[int]) -> Iterable[psutil.Process]:
    from pytest_parlab.machine.helpers import is_python_helper  # noqa: PLC0415 - psutil
    from pytest_parlab.machine.processes import descendants, open_all  # noqa: PLC0415

    roots = list(roots)
    below = {info.pid: info for root in roots for info in descendants(root)}
    helpers = {
        pid
        for pid, info in below.items()
        if is_python_helper(info.command, below[info.parent].command if info.parent in below else "")
    }
    pids = dict.fromkeys([*roots, *(pid for pid in below if pid not in helpers)])
    return open_all(pids)


def _each(action: Callable[[], None]) -> None:
    import psutil  # noqa: PLC0415 - 30 ms

    try:
        action()
    except (psutil.Error, OSError):  # ended meanwhile
        return


def end_marked(marker: str, *, seconds: float = 10.0) -> None:
    """End every process that has a text in its environment, and everything below it: for when the judge is dead."""
    end = time.monotonic() + seconds
    patient = time.monotonic() + PATIENCE_S
    while (found := marked(marker)) and time.monotonic() < end:
        if time.monotonic() < patient:
            helpers = {process.pid for process in found if _is_helper(process)}
            kill_all_but_helpers([process.pid for process in found if process.pid not in helpers])
        else:
            for process in found:
                _each(process.kill)
        time.sleep(LOOK_S)


def _is_helper(process: psutil.Process) -> bool:
    import psutil  # noqa: PLC0415 - 30 ms

    from pytest_parlab.machine.helpers import is_python_helper  # noqa: PLC0415

    try:
        parent = process.parent()
        above = " ".join(parent.cmdline()) if parent is not None else ""
        return is_python_helper(" ".join(process.cmdline()), above)
    except psutil.Error:
        return False


def marked(marker: str) -> list[psutil.Process]:
    """The processes of this user that have a text in their environment; zombies have none."""
    import psutil  # noqa: PLC0415 - 30 ms

    found = []
    for process in psutil.process_iter():
        try:
            if process.pid != os.getpid() and any(marker in value for value in process.environ().values()):
                found.append(process)
        except (psutil.Error, OSError):
            continue
    return found


def clear_stale(parents: tuple[Path, ...] | None = None, *, alive: Callable[[int], bool] | None = None) -> list[Path]:
    """Remove the folders of hosts and of watches whose judge was killed.

    Args:
        parents: Where to look; by default the temporary folder, and shared memory for watches.
        alive: Tells whether a process id is in use.

    Returns:
        What was removed.
    """
    import shutil  # noqa: PLC0415 - rarely needed

    alive = alive or _alive
    removed = session.clear_stale(parents, alive=alive)
    for parent in parents or (Path(tempfile.gettempdir()),):
        for folder in parent.glob(f"{PREFIX}*-*"):
            pid = folder.name.removeprefix(PREFIX).partition("-")[0]
            if pid.isdecimal() and not alive(int(pid)):
                shutil.rmtree(folder, ignore_errors=True)
                if not folder.exists():
                    removed.append(folder)
    return removed


def _alive(pid: int) -> bool:
    import psutil  # noqa: PLC0415 - 30 ms, and only where something is stale

    return bool(psutil.pid_exists(pid))
