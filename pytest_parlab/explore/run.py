"""One schedule as it was run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from pytest_parlab.explore.operations import Operation


class Step(NamedTuple):
    """One operation of one process, with everything it did until its next one.

    Attributes:
        process: Number of the process; 0 is the one that called the function.
        operation: What it did.
        enabled: Who could have gone on instead, itself included: one bit a process.
    """

    process: int
    operation: Operation
    enabled: int


class Birth(NamedTuple):
    """Where a process began: in its parent's step `step`, -1 if before its parent's first one."""

    parent: int
    step: int


@dataclass(frozen=True)
class Run:
    """The steps of one schedule.

    Attributes:
        steps: In the order in which they happened.
        births: How each process but 0 began. Starting a process is no step of its own: the new process runs up to
            its first operation at once, for nobody can see the difference.
        ends: Index of the last step of each process that has ended; -1 if it took none. A ``JOIN`` of a process
            (its resource is ``resource_of(LIFE + process)``) happens after it.
        pending: What each process was about to do at the end of the run, or when another one ended it.
        abandoned: It was left before its end, for the rest repeats another run.
    """

    steps: tuple[Step, ...]
    births: Mapping[int, Birth] = field(default_factory=dict)
    ends: Mapping[int, int] = field(default_factory=dict)
    pending: Mapping[int, Operation] = field(default_factory=dict)
    abandoned: bool = False

    @property
    def schedule(self) -> tuple[int, ...]:
        """Who went on, step by step."""
        return tuple(step.process for step in self.steps)


LIFE = 1 << 20
"""Added to the number of a process, the number of its life as a resource: running, or ended."""


def preemptions(run: Run) -> int:
    """How often a process was interrupted although it could have gone on (Musuvathi and Qadeer, 2007)."""
    steps = run.steps
    return sum(
        before.process != after.process and bool(after.enabled >> before.process & 1)
        for before, after in pairwise(steps)
    )
