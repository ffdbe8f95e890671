"""What a host is to load, and what was there when it was done with."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from pytest_parlab.trace.model import Trace


@dataclass(frozen=True, slots=True)
class Order:
    """What a host is to load.

    Attributes:
        module: The submission's module file; None for a host that runs scenarios alone.
        shown: The path by which its reader knows it.
        scenarios: The exercise's ``scenarios.py``; None if it has none.
        shown_scenarios: The path by which its reader knows that.
        start_method: Default start method of `multiprocessing` in the host; empty for the system's.
        watched: What it does is recorded.
    """

    module: Path | None
    shown: str = ""
    scenarios: Path | None = None
    shown_scenarios: str = ""
    start_method: str = ""
    watched: bool = True


@dataclass(slots=True)
class Ending:
    """What was there when a host was done with.

    Attributes:
        trace: What the host's processes did.
        left: Commands and pids of processes that were still running, as text.
    """

    trace: Trace = field(default_factory=lambda: Trace(0, 0))
    left: tuple[str, ...] = ()
