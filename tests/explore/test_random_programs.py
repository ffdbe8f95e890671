"""What the exploration finds is what an interpreter reaches that tries every order of the steps of a program."""

from __future__ import annotations

import multiprocessing
from typing import Any

import pytest

from pytest_parlab.explore.exploration import Exploration
from pytest_parlab.explore.exploring import explore, replay
from tests.explore.acting import run
from tests.explore.litmus import PATIENCE_S
from tests.explore.model import Program, reachable
from tests.explore.random_programs import a_program

FAMILIES = ("memory", "locks", "signals", "meetings")
PROGRAMS = 8
"""Of each family."""
ENOUGH = 150
"""Schedules; few programs have more that differ."""


def any_result(_: Any) -> None:
    """Take every result for right: none of them is to be explained."""


def explored(program: Program) -> Exploration:
    context = multiprocessing.get_context("fork")
    return explore(run, context, program, schedules=ENOUGH, seed=2, seconds=PATIENCE_S, check=any_result)


@pytest.mark.parametrize("family", FAMILIES)
def test_all_that_can_be_reached_is_found_and_nothing_else(family: str) -> None:
    exhausted = 0
    for seed in range(PROGRAMS):
        program = a_program(family, seed)
        found, possible = explored(program), reachable(program)
        assert found.undecided == ""
        assert set(found.outcomes) <= possible, program
        if found.exhausted:
            assert set(found.outcomes) == possible, program
        exhausted += found.exhausted
    assert exhausted >= PROGRAMS * 3 / 4


@pytest.mark.parametrize("family", FAMILIES)
def test_each_outcome_has_a_schedule_that_gives_it_again(family: str) -> None:
    context = multiprocessing.get_context("fork")
    outcomes = 0
    for seed in range(3):
        program = a_program(family, seed)
        for outcome, token in explored(program).witnesses.items():
            assert set(replay(token, run, context, program, check=any_result).outcomes) == {outcome}
            outcomes += 1
    assert outcomes >= 3
