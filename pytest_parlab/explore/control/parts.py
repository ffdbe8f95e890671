"""The modules that replace what the library does, in the order in which they do."""

from __future__ import annotations

from types import ModuleType

from pytest_parlab.explore.control import (
    carrier,
    clocks,
    executors,
    foreign,
    locks,
    managed,
    memory,
    pipes,
    pools,
    processes,
    queues,
    raw,
    shareable_lists,
    signals,
    waits,
)
from pytest_parlab.instrument.patches import Patches

PARTS: tuple[ModuleType, ...] = (
    *(
        locks,
        signals,
        raw,
        shareable_lists,
        memory,
        processes,
        pipes,
        waits,
        queues,
        managed,
        pools,
        executors,
        clocks,
        foreign,
        carrier,
    ),
)


def install_parts(patches: Patches) -> None:
    """Install all of them."""
    for part in PARTS:
        part.install(patches)
