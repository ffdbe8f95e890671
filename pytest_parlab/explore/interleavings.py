"""How many schedules one run stands for."""

from __future__ import annotations

from pytest_parlab.explore.happens_before import pasts
from pytest_parlab.explore.run import Run

STATES = 100_000
"""Sets of steps to look at, before the count is given up."""


def interleavings(run: Run, states: int = STATES) -> int | None:
    """How many schedules differ from a run only in the order of steps that commute, itself included.

    These are the linear extensions of the order that the run imposes, counted over all sets of steps that can be the
    first ones of such a schedule, smallest first. Over all runs of an exhaustive search they add up to the number of
    schedules that there are.

    Args:
        run: A complete run.
        states: How many such sets are looked at, at most.

    Returns:
        The exact number, or None where there are too many sets.
    """
    must_precede = pasts(run)
    owns: dict[int, int] = {}
    for index, step in enumerate(run.steps):
        owns[step.process] = owns.get(step.process, 0) | 1 << index
    ways = {0: 1}
    for _ in run.steps:
        longer: dict[int, int] = {}
        for taken, count in ways.items():
            for own in owns.values():
                rest = own & ~taken
                step_bit = rest & -rest
                if rest and not must_precede[step_bit.bit_length() - 1] & ~taken:
                    after = taken | step_bit
                    longer[after] = longer.get(after, 0) + count
        states -= len(longer)
        if states < 0:
            return None
        ways = longer
    (count,) = ways.values()
    return count
