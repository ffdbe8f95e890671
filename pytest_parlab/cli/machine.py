"""`parlab machine`: what this machine is, how quiet it is, and which verdicts on a speedup it supports."""

from __future__ import annotations

import multiprocessing
import os
import platform
import time
from dataclasses import dataclass

from pytest_parlab.machine import cores, noise

WORKERS = 2
"""How many workers the course asks for unless told otherwise."""

# What "quiet" means: the bounds of the speedup verdict (a test keeps the two the same).
CAPACITY_SHARE = 0.9
FOREIGN_CORES = 0.25
STEAL = 0.02

_LOOK_S = 0.5
"""How long the machine is watched; the kernel's counters tick every 10 ms."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What was found out about the machine.

    Attributes:
        system: Operating system and interpreter, for people.
        processors: How many the machine has.
        readings: What each source says about usable cores.
        load: What others did while we looked.
        capacity: Work of two spinning processes over that of one.
        start_methods: Of `multiprocessing`, the default one first.
    """

    system: str
    processors: int
    readings: tuple[cores.Reading, ...]
    load: noise.Load
    capacity: float
    start_methods: tuple[str, ...]

    @property
    def usable_cores(self) -> float:
        """The smallest reading."""
        return min(reading.cores for reading in self.readings)


def machine_text() -> str:
    """Look at the machine for about a second, and say what was seen.

    Raises:
        UsageError: ``PARLAB_CORES`` is not a number above 0.
    """
    return rendered(look())


def look() -> Facts:
    """Find out about the machine: about a second, most of it waiting.

    Raises:
        UsageError: ``PARLAB_CORES`` is not a number above 0.
    """
    readings = cores.readings()
    before, used = noise.snapshot(), time.process_time()
    time.sleep(_LOOK_S)
    load = noise.load_between(before, noise.snapshot(), time.process_time() - used)
    default = multiprocessing.get_context().get_start_method()
    others = tuple(method for method in multiprocessing.get_all_start_methods() if method != default)
    return Facts(
        system=f"{platform.system()}, {platform.python_implementation()} {platform.python_version()}",
        processors=os.cpu_count() or 1,
        readings=readings,
        load=load,
        capacity=noise.capacity(WORKERS),
        start_methods=(default, *others),
    )


def rendered(facts: Facts) -> str:
    """Put the facts into words."""
    default, *others = facts.start_methods
    noise_text = f"others used {facts.load.foreign_cores:.2f} cores, the hypervisor took {facts.load.steal:.1%}"
    rows = [
        ("System", facts.system),
        ("Processors", str(facts.processors)),
        ("Usable cores", f"{facts.usable_cores:g}"),
        *(("", f"{reading.cores:g} by {reading.source}") for reading in facts.readings),
        ("Noise", noise_text + (", and the quota stopped us" if facts.load.throttled else "")),
        ("Capacity", f"{WORKERS} processes together do {facts.capacity:.2f} times the work of one"),
        ("Start methods", ", ".join([f"{default} (default)", *others])),
        ("", ""),
        *zip(("Speedup tests", "", "", ""), _verdict(facts), strict=False),
    ]
    return "\n".join(f"{f'{name}:' if name else '':<15} {text}".rstrip() for name, text in rows)


def _verdict(facts: Facts) -> list[str]:
    reasons = _disturbances(facts)
    if not reasons:
        return [f"by wall time, checked by replay: the machine is quiet and has {WORKERS} free cores"]
    lines = [
        f"by replay, since {reasons[0]}:",
        "the run is recorded, and its time on free cores is computed from it.",
    ]
    if facts.usable_cores < WORKERS:
        lines.append("A close result, and a test that needs more cores, is undecided and costs no points.")
    else:
        lines.append("A close result is undecided and costs no points. For wall time, end other programs.")
    return lines


def _disturbances(facts: Facts) -> list[str]:
    """Why wall time means nothing here, the plainest reason first."""
    reasons = []
    if facts.usable_cores < WORKERS:
        reasons.append(
            f"only {facts.usable_cores:g} {'core' if facts.usable_cores == 1 else 'cores'} can be used here"
        )
    if facts.load.throttled:
        reasons.append("the CPU quota of this container stops us")
    if facts.load.foreign_cores >= FOREIGN_CORES:
        reasons.append(f"other programs use {facts.load.foreign_cores:.2f} cores")
    if facts.load.steal >= STEAL:
        reasons.append(f"the hypervisor takes {facts.load.steal:.0%} of the time")
    if facts.capacity < CAPACITY_SHARE * WORKERS:
        reasons.append(f"{WORKERS} busy processes get only {facts.capacity:.2f} times the work of one done")
    return reasons
