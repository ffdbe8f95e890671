"""Single processes: what is known of one, and handles that cannot be confused with a later process of the same id."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_parlab.machine.table import descend, parents

if TYPE_CHECKING:
    import psutil


@dataclass(frozen=True, slots=True)
class ProcessInfo:
    """One process as it was when it was looked at.

    Attributes:
        pid: Process id.
        parent: Process id of its parent.
        command: Command line, joined by blanks; the name in square brackets if there is none.
        status: ``running``, ``sleeping``, ``zombie``, ``stopped`` and so on, in psutil's words.
        cpu_s: CPU time used so far, seconds.
        created: When it was started, seconds since the epoch.
    """

    pid: int
    parent: int
    command: str
    status: str
    cpu_s: float
    created: float

    def __str__(self) -> str:
        return f"process {self.pid} ({self.command})"


def descendants(pid: int) -> list[ProcessInfo]:
    """List the children of a process and theirs, parents before children; zombies included.

    Args:
        pid: Root of the tree, itself not in the list. Nothing is found if there is no such process.
    """
    found = (describe(process) for process in open_all(descend(parents(), [pid])))
    return [info for info in found if info is not None]


def open_all(pids: Iterable[int]) -> list[psutil.Process]:
    """Make handles for processes; those that have gone are left out."""
    import psutil  # noqa: PLC0415 -- 30 ms that most importers need not pay

    found = []
    for pid in pids:
        try:
            found.append(psutil.Process(pid))
        except psutil.Error:  # ended meanwhile
            continue
    return found


def has_ended(process: psutil.Process) -> bool:
    """Tell whether a process has ended; a zombie has."""
    import psutil  # noqa: PLC0415 -- 30 ms that most importers need not pay

    try:
        return not process.is_running() or process.status() in {psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD}
    except psutil.NoSuchProcess:
        return True


def describe(process: psutil.Process) -> ProcessInfo | None:
    """Look at one process; None if it has gone (a zombie has not)."""
    import psutil  # noqa: PLC0415 -- 30 ms that most importers need not pay

    try:
        with process.oneshot():
            command = _command(process)
            times = process.cpu_times()
            return ProcessInfo(
                pid=process.pid,
                parent=process.ppid(),
                command=command,
                status=str(process.status()),
                cpu_s=float(times.user + times.system),
                created=process.create_time(),
            )
    except psutil.Error:
        return None


def _command(process: psutil.Process) -> str:
    import psutil  # noqa: PLC0415 -- 30 ms that most importers need not pay

    try:
        command = " ".join(process.cmdline()).strip()
    except (psutil.ZombieProcess, psutil.AccessDenied):
        command = ""
    return command or f"[{process.name()}]"
