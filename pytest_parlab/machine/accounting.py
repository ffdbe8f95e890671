"""How much CPU time a process tree has used, by the kernel's own accounting: no clock of the watched code is asked.

On Linux the kernel offers one CPU clock per process, in nanoseconds, that covers all its threads, ended ones
included; elsewhere psutil reads what the system has. Time of ended children counts once their parent has waited
for them.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from pytest_parlab.machine.table import PROC, descend, parents, read_stat

ATTEMPTS = 5
"""How often the tree is read again because a process came or went between two looks."""


def tree_cpu_s(pid: int) -> float:
    """Tell the CPU time of a process, of its living descendants, and of every child that one of these waited for.

    Not counted: processes whose parent ended before them (they belong to another tree then), and ended children of
    a process that ignores SIGCHLD (the kernel drops their time).

    Args:
        pid: Root of the tree; may be this process.

    Returns:
        Seconds; 0.0 if there is no such process.
    """
    total = 0.0
    for _ in range(ATTEMPTS):
        before = _members(pid)
        total = sum(process_cpu_s(member) + reaped_cpu_s(member) for member in before)
        if _members(pid) == before:  # else a child may have been counted twice, or not at all
            break
    return total


def process_cpu_s(pid: int) -> float:
    """Tell the CPU time of one process, all its threads together; 0.0 if it has gone."""
    if pid == os.getpid():
        return time.process_time()
    if sys.platform == "linux":
        try:
            return time.clock_gettime(cpu_clock(pid))
        except OSError:
            return 0.0
    return process_cpu_s_portable(pid)


def process_cpu_s_portable(pid: int) -> float:
    """The same for any system, through psutil; coarser, often 10 ms."""
    import psutil  # noqa: PLC0415 -- 30 ms that most callers need not pay

    try:
        times = psutil.Process(pid).cpu_times()
    except psutil.Error:
        return 0.0
    return float(times.user + times.system)


def reaped_cpu_s(pid: int, proc: Path = PROC) -> float:
    """Tell the CPU time of the children that a process has waited for, and of theirs; 0.0 where nobody tells."""
    if pid == os.getpid():
        times = os.times()
        return times.children_user + times.children_system
    if sys.platform == "linux":
        fields = read_stat(proc / str(pid) / "stat")
        ticks = int(fields[13]) + int(fields[14]) if len(fields) > 14 else 0  # noqa: PLR2004 -- cutime, cstime: proc(5)
        return ticks / os.sysconf("SC_CLK_TCK")
    return reaped_cpu_s_portable(pid)


def reaped_cpu_s_portable(pid: int) -> float:
    """The same for any system, through psutil (0.0 on macOS and Windows, which do not tell)."""
    import psutil  # noqa: PLC0415 -- 30 ms that most callers need not pay

    try:
        times = psutil.Process(pid).cpu_times()
    except psutil.Error:
        return 0.0
    return float(getattr(times, "children_user", 0.0) + getattr(times, "children_system", 0.0))


def cpu_clock(pid: int) -> int:
    """The id of a process's CPU clock on Linux, for ``time.clock_gettime``.

    Source: clock_getcpuclockid(3); the kernel builds it as the inverted pid above three bits, of which the value 2
    means the scheduler's exact clock of a whole process.
    """
    return (~pid << 3) | 2


def _members(pid: int) -> list[int]:
    table = parents()
    return [pid, *descend(table, [pid])] if pid in table else []
