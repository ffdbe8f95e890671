"""The exhaustive search against brute force: no trace and no outcome is left out."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_parlab.explore.operations import Operation, resource_of
from pytest_parlab.explore.run import Run, Step
from pytest_parlab.explore.strategies.exhaustive import Exhaustive
from tests.unit.explore.programs import adders, crosswise, guarded, random_program
from tests.unit.explore.simulator import Outcome, Program, every_schedule, explore, fresh_words
from tests.unit.explore.traces import trace

FEW = 4_000
"""Schedules of a random program that brute force is allowed."""


def complete(program: Program) -> tuple[list[tuple[Run, Outcome]], int, Exhaustive]:
    """All complete schedules of a search, how many it left early, and the search."""
    search = Exhaustive()
    found = explore(program, search, 100_000)
    whole = [one for one in found if not one[0].abandoned]
    return whole, len(found) - len(whole), search


@pytest.mark.parametrize(("processes", "times", "traces"), [(2, 1, 4), (2, 2, 34), (3, 1, 36), (2, 3, 328)])
def test_unguarded_additions_are_run_once_a_trace(processes: int, times: int, traces: int) -> None:
    """Numbers of traces by hand for 2 x 1: who reads first and who writes first; the others by brute force."""
    found, left, search = complete(adders(processes, times))
    assert search.exhausted
    assert (len(found), left) == (traces, 0)
    assert len({trace(run) for run, _ in found}) == traces


def test_a_lock_leaves_only_the_orders_in_which_it_was_taken() -> None:
    found, _, search = complete(guarded(3, 1))
    assert search.exhausted
    assert len(found) == 6


def test_a_deadlock_is_among_the_schedules() -> None:
    found, _, search = complete(crosswise())
    assert search.exhausted
    assert sorted(outcome.deadlock for _, outcome in found) == [False, False, True]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 1 << 32))
def test_every_trace_of_a_random_program_is_run(seed: int) -> None:
    """Brute force finds no trace and no outcome that the search leaves out."""
    program = random_program(seed)
    try:
        brute = every_schedule(program, FEW)
    except OverflowError:
        return
    found, _, search = complete(program)
    assert search.exhausted
    assert {outcome for _, outcome in found} == {outcome for _, outcome in brute}
    assert {trace(run) for run, _ in found} == {trace(run) for run, _ in brute}


def test_a_search_that_is_done_has_nothing_left_to_try() -> None:
    search = Exhaustive()
    explore(crosswise(), search, 100)
    assert search.begin(fresh_words(), random.Random(0)) is False


def test_a_program_that_takes_other_steps_on_the_same_choices_ends_the_search() -> None:
    """Nothing is proved of it, so nothing is claimed."""
    search = Exhaustive()
    enabled, words = 0b110, fresh_words()
    write = Operation(2, resource_of(1), changes=True)
    assert search.begin(words, random.Random(0))
    search.end(Run((Step(1, write, enabled), Step(2, write, enabled))))
    assert search.begin(words, random.Random(0))
    search.end(Run((Step(1, write, enabled),)))
    assert search.diverged == 0
    assert not search.begin(words, random.Random(0))
    assert not search.exhausted
