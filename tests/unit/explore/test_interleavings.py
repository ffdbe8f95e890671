"""How many schedules a run stands for, against the count of all of them."""

from __future__ import annotations

from math import factorial

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pytest_parlab.explore.interleavings import interleavings, telling
from pytest_parlab.explore.strategies.exhaustive import Exhaustive
from tests.unit.explore.programs import adders, random_program, strangers
from tests.unit.explore.simulator import every_schedule, explore, follow
from tests.unit.explore.traces import trace

FEW = 4_000
"""Schedules of a random program that brute force is allowed."""


@pytest.mark.parametrize(
    ("processes", "times", "runs", "schedules"),
    [(2, 1, 4, 6), (2, 2, 34, 70), (3, 1, 36, 90), (2, 3, 328, 924), (3, 2, 7_134, 34_650)],
)
def test_the_runs_of_an_exhaustive_search_stand_for_all_interleavings(
    processes: int, times: int, runs: int, schedules: int
) -> None:
    """The number of interleavings of k sequences of length m: (km)! / m!^k."""
    found = explore(adders(processes, times, joined=False), Exhaustive(), 10_000)
    counts = [interleavings(run) for run, _ in found]
    assert len(counts) == runs
    assert sum(count or 0 for count in counts) == schedules
    assert schedules == factorial(2 * times * processes) // factorial(2 * times) ** processes


def test_two_additions_come_out_right_in_two_of_six_interleavings() -> None:
    found = explore(adders(2, 1, joined=False), Exhaustive(), 100)
    totals = {1: 0, 2: 0}
    for run, outcome in found:
        totals[outcome.cells[0]] += interleavings(run) or 0
    assert totals == {2: 2, 1: 4}


@settings(max_examples=40, deadline=None)
@example(7_604)  # a process whose life is looked at ends with a wait for another's end
@given(st.integers(0, 1 << 32))
def test_every_schedule_of_a_random_program_is_counted_once(seed: int) -> None:
    """Locks, semaphores, a condition, timeouts, births and joins: the counts add up to what brute force finds.

    Schedules that differ in nothing but when a process sees the end of one that it waits for are one and the same.
    """
    program = random_program(seed)
    try:
        brute = every_schedule(program, FEW)
    except OverflowError:
        return
    counts = {
        trace(run): interleavings(run) for run, _ in explore(program, Exhaustive(), 100_000) if not run.abandoned
    }
    apart = {tuple(run.steps[index].process for index in telling(run)) for run, _ in brute}
    assert sum(count or 0 for count in counts.values()) == len(apart)


@pytest.mark.parametrize(("processes", "times", "schedules"), [(2, 2, 6), (2, 4, 70), (3, 4, 34_650)])
def test_a_run_in_which_all_steps_commute_stands_for_all_schedules(
    processes: int, times: int, schedules: int
) -> None:
    run, _ = follow(strangers(processes, times), ())
    assert interleavings(run) == schedules


def test_a_run_in_which_no_steps_commute_stands_for_itself() -> None:
    run, _ = follow(adders(6, 6, joined=False), ())
    assert interleavings(run, states=100) == 1


def test_a_run_with_too_many_interleavings_to_look_at_is_not_counted() -> None:
    run, _ = follow(strangers(6, 6), ())
    assert interleavings(run, states=100) is None
