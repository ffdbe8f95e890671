"""One measured run: what came out, what it cost, and what happened on the way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_parlab.trace.model import Trace


@dataclass(frozen=True, slots=True)
class MeasuredRun:
    """A function's run in a process of its own, timed from outside.

    Attributes:
        value: What the function returned.
        wall_s: Seconds from the call to the answer, by the clock of the process that asked.
        cpu_s: CPU seconds of the whole process tree in between, by the kernel's accounting.
        trace: What happened.
        delay_s: Seconds that the calling thread was ready to run without a core; None where the system does not tell.
    """

    value: object
    wall_s: float
    cpu_s: float
    trace: Trace
    delay_s: float | None = None
