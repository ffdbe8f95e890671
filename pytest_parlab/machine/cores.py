"""How many cores this process may really use: affinity, quotas of control groups, or what the user says.

Counting processors is not enough: a container with a quota of half a core still shows every processor of its
machine. The smallest reading is the answer, and it may be a fraction.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pytest_parlab.errors import UsageError
from pytest_parlab.machine.cgroups import cpu_groups, read_text

VARIABLE = "PARLAB_CORES"
"""Environment variable that replaces every reading."""

ROOT = Path("/")


@dataclass(frozen=True, slots=True)
class Reading:
    """What one source says.

    Attributes:
        cores: Number of cores, above 0; may be a fraction.
        source: Where it comes from, for people.
    """

    cores: float
    source: str


def usable_cores(root: Path = ROOT, environment: Mapping[str, str] | None = None) -> float:
    """Tell how many cores this process can use at once.

    Args:
        root: Where the system's files are looked for.
        environment: Where the override is looked for; the process's own environment by default.

    Returns:
        The value of ``PARLAB_CORES`` if it is set, else the smallest of all readings; above 0, may be a fraction.

    Raises:
        UsageError: ``PARLAB_CORES`` is not a number above 0.
    """
    return min(reading.cores for reading in readings(root, environment))


def readings(root: Path = ROOT, environment: Mapping[str, str] | None = None) -> tuple[Reading, ...]:
    """List what every source says; only the override if there is one.

    Raises:
        UsageError: ``PARLAB_CORES`` is not a number above 0.
    """
    override = override_cores(environment)
    if override is not None:
        return (Reading(override, f"environment variable {VARIABLE}"),)
    limits = {
        "quota of a control group (version 1)": quota_v1(root),
        "quota of a control group (version 2)": quota_v2(root),
    }
    found = [Reading(affinity_cores(), "processors open to this process")]
    found += [Reading(cores, source) for source, cores in limits.items() if cores is not None]
    return tuple(found)


def affinity_cores() -> float:
    """Count the processors that this process may run on; all of the machine's where the system knows no affinity."""
    if hasattr(os, "sched_getaffinity"):
        try:
            return float(len(os.sched_getaffinity(0)) or 1)
        except OSError:  # some sandboxes forbid the question
            pass
    count = getattr(os, "process_cpu_count", os.cpu_count)  # process_cpu_count: Python 3.13 and later
    return float(count() or 1)


def quota_v1(root: Path = ROOT) -> float | None:
    """Read the quota of version 1 groups, in cores: the smallest of the own group and its ancestors.

    Source: ``cpu.cfs_quota_us / cpu.cfs_period_us``, a negative quota means none (Linux, scheduler/sched-bwc).

    Returns:
        None if there is no limit, no such groups, or nothing that can be read.
    """
    return _smallest(
        _ratio(read_text(group / "cpu.cfs_quota_us"), read_text(group / "cpu.cfs_period_us"))
        for group in cpu_groups(1, root)
    )


def quota_v2(root: Path = ROOT) -> float | None:
    """Read the quota of version 2 groups, in cores: the smallest of the own group and its ancestors.

    Source: ``cpu.max`` holds "QUOTA PERIOD", or "max PERIOD" for no limit (Linux, admin-guide/cgroup-v2).

    Returns:
        None if there is no limit, no such groups, or nothing that can be read (an empty file, for example).
    """
    lines = (read_text(group / "cpu.max").split() for group in cpu_groups(2, root))
    return _smallest(_ratio(*words) for words in lines if len(words) == 2)  # noqa: PLR2004 -- quota and period


def override_cores(environment: Mapping[str, str] | None = None) -> float | None:
    """Read the user's own number from ``PARLAB_CORES``; None if it is not set or empty.

    Raises:
        UsageError: It is not a number above 0.
    """
    text = (os.environ if environment is None else environment).get(VARIABLE, "").strip()
    if not text:
        return None
    try:
        cores = float(text)
    except ValueError:
        cores = math.nan
    if not (math.isfinite(cores) and cores > 0):
        raise UsageError(
            f"The environment variable {VARIABLE} is {text!r}, which is not a number of cores above 0. "
            f"Set it to a number, for example {VARIABLE}=2 or {VARIABLE}=0.5, or unset it to ask the machine."
        )
    return cores


def _ratio(quota: str, period: str) -> float | None:
    """The quota in cores; None for no limit and for text that is no number."""
    try:
        cores = int(quota) / int(period)
    except (ValueError, ZeroDivisionError):
        return None
    return cores if cores > 0 else None


def _smallest(limits: Iterable[float | None]) -> float | None:
    return min((limit for limit in limits if limit is not None), default=None)
