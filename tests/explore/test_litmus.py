"""Every schedule, and nothing else: what small programs can give is known, and is found."""

from __future__ import annotations

import multiprocessing
from typing import Any

import pytest

from pytest_parlab.explore.exploring import explore
from tests.explore import locks, memory, other_queues, pipes, pools, processes, queues, signals
from tests.explore.litmus import LITMUS, Litmus

MODULES = (memory, locks, signals, queues, other_queues, pipes, processes, pools)
"""They state what their programs give when they are imported."""
ENOUGH = 20_000
"""Schedules; all of them have fewer that differ."""

NOT_SCHEDULED_YET = {
    "memory.two_add_to_a_raw_value",
    "memory.two_add_to_a_value_without_a_lock",
    "memory.load_buffering",
    "memory.two_add_to_one_item_from_both_ends",
    "memory.two_wait_for_flags_of_each_other",
    "processes.nobody_is_joined",
    "pools.a_future_may_be_done",
    "pools.a_task_of_an_executor_fails",
}
PARTS_NOT_SCHEDULED_YET = ("queues.", "other_queues.", "pipes.", "pools.an_executor", "pools.tasks_of_an_executor")
SCHEDULED = [
    litmus
    for litmus in LITMUS
    if litmus.name not in NOT_SCHEDULED_YET and not litmus.name.startswith(PARTS_NOT_SCHEDULED_YET)
]


def any_result(_: Any) -> None:
    """Take every result for right: none of them is to be explained."""


@pytest.mark.parametrize("litmus", SCHEDULED, ids=lambda litmus: litmus.name)
def test_what_a_program_can_give_is_found_and_nothing_else(litmus: Litmus) -> None:
    found = explore(litmus.function, multiprocessing.get_context("fork"), schedules=ENOUGH, check=any_result)
    assert found.undecided == ""
    assert set(found.outcomes) == litmus.outcomes
    assert found.exhausted


def test_there_is_a_program_of_every_module() -> None:
    assert {litmus.function.__module__ for litmus in LITMUS} == {module.__name__ for module in MODULES}
