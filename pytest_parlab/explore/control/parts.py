"""The modules that replace what the library does, in the order in which they do."""

from __future__ import annotations

from types import ModuleType

from pytest_parlab.explore.control import (
    carrier,
    clocks,
    executors,
    foreign,
    locks,
    memory,
    pipes,
    pools,
    processes,
    queues,
    raw,
    signals,
    waits,
)

PARTS: tuple[ModuleType, ...] = (
    *(locks, signals, raw, memory, processes, pipes, waits, queues, pools, executors, clocks, foreign, carrier),
)
