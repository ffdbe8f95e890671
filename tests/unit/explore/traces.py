"""What is the same for all runs that differ only in the order of steps that commute."""

from __future__ import annotations

from pytest_parlab.explore.happens_before import pasts
from pytest_parlab.explore.run import Run

Trace = frozenset[tuple[tuple[int, int], frozenset[tuple[int, int]]]]


def trace(run: Run) -> Trace:
    """What is the same for all runs that differ only in the order of steps that commute."""
    owns: dict[int, int] = {}
    labels = []
    for step in run.steps:
        owns[step.process] = owns.get(step.process, -1) + 1
        labels.append((step.process, owns[step.process]))
    return frozenset(
        (label, frozenset(earlier for index, earlier in enumerate(labels) if past >> index & 1))
        for label, past in zip(labels, pasts(run), strict=True)
    )
