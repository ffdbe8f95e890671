"""The same failure with fewer preemptions: easier to read, and closer to its cause.

Stretches of one process are cut off, or moved next to another stretch of the same process, as long as the failure
stays (Jalbert and Sen, "A trace simplification technique for effective debugging of concurrent programs", 2010).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from pytest_parlab.explore.run import Run, preemptions

TRIES = 200
"""Schedules to run, at most."""

Follow = Callable[[Sequence[int]], tuple[Run, bool]]
"""Runs the schedule that begins with these choices, passes over those that are impossible, and goes on without
preemption; says what was run and whether it failed."""


class Shrunk(NamedTuple):
    """A failing schedule with no more preemptions than the one it was made from.

    Attributes:
        run: The schedule as it was run.
        tries: How many schedules were run to find it.
    """

    run: Run
    tries: int


def shrink(failing: Run, follow: Follow, tries: int = TRIES) -> Shrunk:
    """Find a schedule that fails with as few preemptions as can be found, then with as few switches and steps.

    Nothing is left to chance: the same run is shrunk to the same one.

    Args:
        failing: A run that failed.
        follow: Runs another schedule.
        tries: Schedules to run, at most.
    """
    best, seen, used = failing, {failing.schedule}, 0
    improved = True
    while improved:
        improved = False
        for choices in _simpler(best):
            if choices in seen:
                continue
            if used == tries:
                return Shrunk(best, used)
            seen.add(choices)
            used += 1
            run, failed = follow(choices)
            if failed and _weight(run) < _weight(best):
                best, improved = run, True
                break
    return Shrunk(best, used)


def _weight(run: Run) -> tuple[int, int, int]:
    return preemptions(run), sum(1 for _ in groupby(run.schedule)), len(run.steps)


def _simpler(run: Run) -> Iterator[tuple[int, ...]]:
    """Choices that may lead to the same failure with fewer switches, the boldest first."""
    stretches = [tuple(stretch) for _, stretch in groupby(run.schedule)]
    for kept in range(len(stretches)):
        yield sum(stretches[:kept], ())
    for first, stretch in enumerate(stretches):
        for second in range(first + 1, len(stretches)):
            if stretches[second][0] == stretch[0]:
                between = stretches[first + 1 : second]
                for middle in ([stretch, stretches[second], *between], [*between, stretch, stretches[second]]):
                    yield sum([*stretches[:first], *middle, *stretches[second + 1 :]], ())
                break
