"""How quiet the machine was: what others used, what the hypervisor took, and what n spinners get done together.

A quiet machine is never assumed: one busy neighbour turns a speedup of 1.85 into 1.00 without any other sign.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path

from pytest_parlab.machine.cgroups import cpu_groups, read_text
from pytest_parlab.machine.cores import ROOT, quota_v1, quota_v2
from pytest_parlab.machine.spinners import spin_together

IDLE_FIELDS = frozenset({"idle", "iowait", "steal", "guest", "guest_nice"})
"""Fields of psutil's CPU times that are not work of this machine; guests are part of ``user`` already."""

ALONE_S = 0.05
TOGETHER_S = 0.12
"""How long the spinners run: one alone, all, then one alone again so that a change of pace shows."""

_capacities: dict[int, float] = {}


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Counters of the machine at one moment; two of them make a `Load`.

    Attributes:
        time_ns: Monotonic clock, nanoseconds.
        processors: How many processors the counters below cover (those open to this process, where the system tells).
        spare: Cores among them that this process may not use (its quota is smaller): there neighbours do not disturb.
        busy_s: Work done on these processors since the machine started, seconds, summed over processors.
        steal_s: Time taken by the hypervisor, seconds, summed over processors; 0.0 where the system does not tell.
        throttled_periods: How often the quota stopped this process's group; None where the system does not tell.
    """

    time_ns: int
    processors: int
    spare: float
    busy_s: float
    steal_s: float
    throttled_periods: int | None


@dataclass(frozen=True, slots=True)
class Load:
    """What disturbed a stretch of time.

    Attributes:
        foreign_cores: Cores that others kept busy on average and that this process could have used; 0 or above.
            Kernel counters tick every 10 ms: below 0.1 s of wall time this is coarse.
        steal: Share of the processors' time that the hypervisor took, 0 to 1.
        throttled: The quota stopped this process's group at least once; None where the system does not tell.
        wall_s: Length of the stretch, seconds.
    """

    foreign_cores: float
    steal: float
    throttled: bool | None
    wall_s: float


def snapshot(root: Path = ROOT) -> Snapshot:
    """Read the counters of the machine now.

    Args:
        root: Where the system's files are looked for; tests give a fixture directory.
    """
    counters = _counters_from_proc(root) or counters_portable()
    processors, busy_s, steal_s = counters
    quotas = [quota for quota in (quota_v1(root), quota_v2(root)) if quota is not None]
    return Snapshot(
        time_ns=time.monotonic_ns(),
        processors=processors,
        spare=max(0.0, processors - min([float(processors), *quotas])),
        busy_s=busy_s,
        steal_s=steal_s,
        throttled_periods=throttled_periods(root),
    )


def load_between(first: Snapshot, second: Snapshot, own_cpu_s: float) -> Load:
    """Tell what disturbed the time between two snapshots.

    foreign = (work of the machine - own CPU time) / wall time - cores that the quota leaves to others anyway.

    Args:
        first: Taken before.
        second: Taken after.
        own_cpu_s: CPU time that this process and its tree used in between, seconds.
    """
    wall_s = max(second.time_ns - first.time_ns, 1) / 1e9
    foreign = (second.busy_s - first.busy_s - own_cpu_s) / wall_s - second.spare
    steal = (second.steal_s - first.steal_s) / (wall_s * second.processors)
    throttled = None
    if first.throttled_periods is not None and second.throttled_periods is not None:
        throttled = second.throttled_periods > first.throttled_periods
    return Load(foreign_cores=max(0.0, foreign), steal=min(1.0, max(0.0, steal)), throttled=throttled, wall_s=wall_s)


def capacity(workers: int) -> float:
    """Measure how much more `workers` spinning processes get done together than one alone.

    Measured once per process and number of workers (about 0.3 s), then remembered.

    Args:
        workers: How many processes spin together, at least 1.

    Returns:
        Between 0 and `workers`; near `workers` if that many cores are free, near 1.0 on one core.
    """
    if workers <= 1:
        return float(max(workers, 0))
    if workers not in _capacities:
        _capacities[workers] = measure_capacity(workers)
    return _capacities[workers]


def measure_capacity(workers: int) -> float:
    """The same, measured anew."""
    before, together, after = spin_together([(1, ALONE_S), (workers, TOGETHER_S), (1, ALONE_S)])
    alone = max(before, after)  # the faster of the two was disturbed least
    return min(float(workers), together / alone) if alone else 0.0


def throttled_periods(root: Path = ROOT) -> int | None:
    """Read how often a quota stopped this process's groups; None where the system does not tell."""
    counts: list[int] = []
    for group in (*cpu_groups(1, root), *cpu_groups(2, root)):
        words = (line.split() for line in read_text(group / "cpu.stat").splitlines())
        counts += [int(pair[1]) for pair in words if len(pair) == 2 and pair[0] == "nr_throttled"]  # noqa: PLR2004
    return sum(counts) if counts else None


def counters_portable() -> tuple[int, float, float]:
    """Read (processors, busy seconds, stolen seconds) through psutil, on any system."""
    import psutil  # noqa: PLC0415 -- 30 ms that most callers need not pay

    times = psutil.cpu_times()._asdict()
    busy_s = sum(value for field, value in times.items() if field not in IDLE_FIELDS)
    return psutil.cpu_count() or 1, float(busy_s), float(times.get("steal", 0.0))


def _counters_from_proc(root: Path) -> tuple[int, float, float] | None:
    """The same from ``/proc/stat``, for the processors open to this process only; None if it cannot be read."""
    lines = [line.split() for line in read_text(root / "proc/stat").splitlines() if line.startswith("cpu")]
    allowed = {f"cpu{number}" for number in os.sched_getaffinity(0)} if hasattr(os, "sched_getaffinity") else set()
    chosen = [words for words in lines if words[0] in allowed] or [words for words in lines if words[0] != "cpu"]
    if not chosen or any(len(words) < 9 for words in chosen):  # noqa: PLR2004 -- name, then user to steal: proc(5)
        return None
    tick = os.sysconf("SC_CLK_TCK")
    # user, nice, system, (idle, iowait,) irq, softirq; then steal
    busy = sum(int(words[field]) for words in chosen for field in (1, 2, 3, 6, 7))
    stolen = sum(int(words[8]) for words in chosen)
    return len(chosen), busy / tick, stolen / tick
