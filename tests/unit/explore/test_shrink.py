"""Failing schedules lose the preemptions that they do not need."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from pytest_parlab.explore.run import Run, preemptions
from pytest_parlab.explore.shrink import Follow, shrink
from pytest_parlab.explore.strategies.random_walk import RandomWalk
from tests.unit.explore.programs import adders, crosswise
from tests.unit.explore.simulator import Outcome, explore, follow

PROCESSES, TIMES = 3, 4
ADDERS = adders(PROCESSES, TIMES)


def lost(outcome: Outcome) -> bool:
    return bool(outcome.cells[0] != PROCESSES * TIMES)


def follow_adders(choices: Sequence[int]) -> tuple[Run, bool]:
    run, outcome = follow(ADDERS, choices)
    return run, lost(outcome)


def counting(calls: list[int], inner: Follow) -> Follow:
    def counted(choices: Sequence[int]) -> tuple[Run, bool]:
        calls.append(len(choices))
        return inner(choices)

    return counted


@pytest.mark.parametrize("seed", range(10))
def test_a_lost_update_needs_one_preemption(seed: int) -> None:
    """A random schedule of three processes has many; one process interrupted once loses an update too."""
    run = next(run for run, outcome in explore(ADDERS, RandomWalk(), 100, seed) if lost(outcome))
    assert preemptions(run) > 4
    shrunk = shrink(run, follow_adders)
    assert preemptions(shrunk.run) == 1
    assert follow_adders(shrunk.run.schedule) == (shrunk.run, True)


def test_a_deadlock_needs_one_preemption() -> None:
    run = next(run for run, outcome in explore(crosswise(), RandomWalk(), 100) if outcome.deadlock)

    def follow_crosswise(choices: Sequence[int]) -> tuple[Run, bool]:
        again, outcome = follow(crosswise(), choices)
        return again, outcome.deadlock

    assert preemptions(shrink(run, follow_crosswise).run) == 1


def test_no_more_schedules_are_run_than_allowed() -> None:
    run = next(run for run, outcome in explore(ADDERS, RandomWalk(), 100) if lost(outcome))
    calls: list[int] = []
    assert shrink(run, counting(calls, follow_adders), tries=3).tries == 3
    assert len(calls) == 3


def test_the_same_run_is_shrunk_to_the_same_one() -> None:
    run = next(run for run, outcome in explore(ADDERS, RandomWalk(), 100) if lost(outcome))
    assert shrink(run, follow_adders) == shrink(run, follow_adders)


def test_a_failure_that_does_not_come_again_is_left_as_it_was() -> None:
    run = next(run for run, outcome in explore(ADDERS, RandomWalk(), 100) if lost(outcome))
    assert shrink(run, lambda choices: (follow(ADDERS, choices)[0], False)).run is run
