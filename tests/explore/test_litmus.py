"""Every schedule, and nothing else: what small programs can give is known, and is found."""

from __future__ import annotations

import multiprocessing
from typing import Any

import pytest

from pytest_parlab.explore.exploring import explore
from tests.explore import lives, locks, memory, other_queues, pipes, pools, processes, queues, shapes, signals, times
from tests.explore.litmus import LITMUS, PATIENCE_S, Litmus

MODULES = (memory, shapes, locks, signals, times, queues, other_queues, pipes, processes, lives, pools)
"""They state what their programs give when they are imported."""
ENOUGH = 20_000
"""Schedules; all of them have fewer that differ."""


def any_result(_: Any) -> None:
    """Take every result for right: none of them is to be explained."""


@pytest.mark.parametrize("litmus", LITMUS, ids=lambda litmus: litmus.name)
def test_what_a_program_can_give_is_found_and_nothing_else(litmus: Litmus) -> None:
    context = multiprocessing.get_context("fork")
    found = explore(litmus.function, context, schedules=ENOUGH, seconds=PATIENCE_S, check=any_result)
    assert found.undecided == ""
    assert set(found.outcomes) == litmus.outcomes
    assert found.exhausted


def test_there_is_a_program_of_every_module() -> None:
    assert {litmus.function.__module__ for litmus in LITMUS} == {module.__name__ for module in MODULES}
