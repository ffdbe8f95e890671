"""The exhaustive search against brute force: no trace and no outcome is left out."""

from __future__ import annotations

import random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pytest_parlab.explore.operations import Operation, resource_of
from pytest_parlab.explore.run import Run, Step
from pytest_parlab.explore.strategies import exhaustive
from pytest_parlab.explore.strategies.exhaustive import Exhaustive
from tests.unit.explore.programs import adders, crosswise, guarded, random_array_program, random_program, strangers
from tests.unit.explore.simulator import (
    Body,
    Outcome,
    Program,
    alive,
    every_schedule,
    explore,
    fresh_words,
    once,
    start,
    write,
)
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


def compare(program: Program) -> None:
    """Hold a search against brute force, if that does not take too long."""
    try:
        brute = every_schedule(program, FEW)
    except OverflowError:
        return
    found, _, search = complete(program)
    assert search.exhausted
    assert {outcome for _, outcome in found} == {outcome for _, outcome in brute}
    assert {trace(run) for run, _ in found} == {trace(run) for run, _ in brute}


@settings(max_examples=60, deadline=None)
@example(87_525)  # a look at a life wakes more than commutes
@example(106_500)  # a step that waited, and ended a life that was looked at while it did
@example(110_676)  # one that waits to the end, and could have ended a life that was looked at
@example(80_008)  # in a run that is abandoned, somebody waits for ever whom another one has forestalled
@given(st.integers(0, 1 << 32))
def test_every_trace_of_a_random_program_is_run(seed: int) -> None:
    """Brute force finds no trace and no outcome that the search leaves out."""
    compare(random_program(seed))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 1 << 32))
def test_every_trace_of_a_program_with_an_array_is_run(seed: int) -> None:
    """Parts commute with each other, and with all of it they do not."""
    compare(random_array_program(seed))


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


def nested(*, shared: bool) -> Program:
    """Two processes that each start another one after a step: who is number 3 depends on the schedule."""

    def youngest(name: str) -> Body:
        yield write("last", name)

    def child(name: str) -> Body:
        yield write("first" if shared else name, name)
        yield start(youngest, name)

    def main() -> Body:
        yield start(child, "x")
        yield start(child, "y")

    return Program(main, {"x": 0, "y": 0, "first": "", "last": ""})


@pytest.mark.parametrize("shared", [False, True])
def test_processes_whose_numbers_depend_on_the_schedule_are_no_trouble(shared: bool) -> None:  # noqa: FBT001
    """What the schedule calls number 3 here is number 4 there; every outcome is reached all the same."""
    program = nested(shared=shared)
    found, _, search = complete(program)
    assert search.exhausted
    assert {outcome.cells for _, outcome in found} == {outcome.cells for _, outcome in every_schedule(program)}


def test_a_search_whose_runs_are_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exhaustive, "_PAIRS", 1_000)
    found, _, search = complete(adders(3, 4))
    assert not search.exhausted
    assert len(found) < 100


def test_long_runs_of_processes_that_do_not_meet_take_one_schedule() -> None:
    found, left, search = complete(strangers(4, 500))
    assert search.exhausted
    assert (len(found), left) == (1, 0)


def test_looks_at_a_life_repeat_a_run_now_and_then_and_say_so() -> None:
    """Which step is a process's last one is known only after it: who looks is woken by each of them."""

    def worker() -> Body:
        yield write("x", 1)
        yield write("x", 2)

    def main() -> Body:
        child = yield start(worker)
        return ((yield alive(child)), (yield alive(child)))

    program = Program(main, {"x": 0})
    search, words, rng = Exhaustive(), fresh_words(), random.Random(0)
    fresh, traces = 0, set()
    while (one := once(program, search, words, rng)) is not None:
        fresh += not search.repeated
        if not one[0].abandoned:
            traces.add(trace(one[0]))
    assert search.exhausted
    assert fresh == len(traces) == len({trace(run) for run, _ in every_schedule(program)})
