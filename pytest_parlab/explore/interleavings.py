"""How many schedules one run stands for."""

from __future__ import annotations

from pytest_parlab.explore.happens_before import pasts
from pytest_parlab.explore.operations import INDEX_BITS, Kind
from pytest_parlab.explore.run import LIFE, Run

STATES = 100_000
"""Sets of steps to look at, before the count is given up."""


def interleavings(run: Run, states: int = STATES) -> int | None:
    """How many schedules differ from a run only in the order of steps that commute, itself included.

    That a process sees the end of one that it has waited for is no step of its own here: nobody can tell when.

    These are the linear extensions of the order that the run imposes, counted over all sets of steps that can be the
    first ones of such a schedule, smallest first. Over all runs of an exhaustive search they add up to the number of
    schedules that there are.

    Args:
        run: A complete run.
        states: How many such sets are looked at, at most.

    Returns:
        The exact number, or None where there are too many sets.
    """
    counted = telling(run)
    mask = sum(1 << index for index in counted)
    must_precede = [past & mask for past in pasts(run)]
    owns: dict[int, int] = {}
    for index in counted:
        owns[run.steps[index].process] = owns.get(run.steps[index].process, 0) | 1 << index
    ways = {0: 1}
    for _ in counted:
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


def telling(run: Run) -> list[int]:
    """The steps for which it makes a difference when they come: all but ends of waits for an end.

    Those do so, too, where it is the last step of a process whose life somebody looks at.
    """
    numbers = [
        (step.operation.resource >> INDEX_BITS) - LIFE for step in run.steps if step.operation.kind != Kind.JOIN
    ]
    looked_at = {number for number in numbers if number >= 0}
    return [
        index
        for index, (process, operation, _) in enumerate(run.steps)
        if operation.kind != Kind.JOIN
        or operation.forced
        or (process in looked_at and run.ends.get(process) == index)
    ]
