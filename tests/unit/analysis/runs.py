"""Runs by hand for the tests of speedup: a program of known shape, and what neighbours make of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from pytest_parlab.analysis.pairs import MachineState
from pytest_parlab.trace.model import Trace
from tests.unit.analysis.builder import MS, TraceBuilder

QUIET = MachineState(usable_cores=2, capacity=1.98)
BUSY = MachineState(usable_cores=2, capacity=1.3, foreign_cores=1.0)


@dataclass(frozen=True, slots=True)
class Run:
    """What a measured run tells, in milliseconds."""

    wall_ms: float
    cpu_ms: float
    trace: Trace
    delay_ms: float | None = 0.0

    @property
    def wall_s(self) -> float:
        return self.wall_ms / 1000

    @property
    def cpu_s(self) -> float:
        return self.cpu_ms / 1000

    @property
    def delay_s(self) -> float | None:
        return None if self.delay_ms is None else self.delay_ms / 1000


def serial(wall: float, *, cpu: float | None = None, delay: float | None = 0.0) -> Run:
    """A run that hands nothing over."""
    return Run(wall, wall if cpu is None else cpu, TraceBuilder(main_cpu_ms=wall).build(), delay)


def pool(
    tasks: list[tuple[int, float, float]],
    *,
    wall: float,
    workers: int = 2,
    kind: str = "pool",
    main_cpu: float = 2.0,
    delay: float | None = 0.0,
    calls: list[float] | None = None,
    **changes: Any,
) -> Run:
    """A run of a pool: tasks as (worker from 0, start, end), all submitted at 5 ms unless `calls` says when.

    The CPU time of a task is its length less its delay, unless `changes` says otherwise.
    """
    builder = TraceBuilder(main_cpu_ms=main_cpu)
    group = builder.group(workers, kind=kind, created_ns=int(MS))
    threads = kind in {"thread", "thread-pool"}
    used = workers if not threads else 0
    indexes = [builder.worker(begin=1, end=wall) for _ in range(used)] or [0] * workers
    for number, (worker, start, end) in enumerate(tasks):
        submitted = 5.0 if calls is None else calls[number]
        length = (end - start) * MS
        cpu = int(length - (changes.get("delay_ns") or 0))
        facts = {"cpu_ns": cpu, "delay_ns": 0, "thread": worker if threads else 0, **changes}
        builder.task(group, indexes[worker], submitted, start, end, retrieved=submitted, line=20, **facts)
    trace = builder.build()
    cpu_ms = main_cpu + sum(task.cpu_ns for task in trace.tasks) / MS
    return Run(wall, cpu_ms, replace(trace, finished_ns=int(wall * MS)), delay)


def even(count: int = 8, length: float = 25.0, *, delay: float = 0.0, **changes: Any) -> Run:
    """`count` equal tasks, dealt to two workers in turn, each stretched by `delay`."""
    slot = length + delay
    tasks = [(number % 2, 6 + number // 2 * slot, 6 + (number // 2 + 1) * slot) for number in range(count)]
    wall = 6 + (count + 1) // 2 * slot + 2
    return pool(tasks, wall=wall, delay_ns=int(delay * MS), **changes)


def processes(spans: list[tuple[float, float, float]], *, wall: float, cpu: float | None = None) -> Run:
    """Bare processes as (start called, end, joined)."""
    builder = TraceBuilder(main_cpu_ms=1.0)
    for begin, end, joined in spans:
        builder.process(
            begin,
            end,
            joined,
            cpu_ms=end - begin if cpu is None else cpu,
            join_called_ns=int((max(one[0] for one in spans if one[0] <= begin) + 0.5) * MS),
        )
    total = sum(process.cpu_ns for process in builder.processes) / MS
    return Run(wall, total, builder.build(), 0.0)
