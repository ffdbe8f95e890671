"""The directed strategy makes each unserialisable pattern happen, in the first schedules that it chooses."""

from __future__ import annotations

import random

import pytest

from pytest_parlab.explore.operations import resource_of
from pytest_parlab.explore.run import preemptions
from pytest_parlab.explore.strategies.directed import Directed, Plan, plans
from tests.unit.explore.simulator import Body, Program, acquire, explore, fresh_words, read, release, start, write

CELL = resource_of(1)
"""The first cell of a simulated program."""


def accesses(first: str, second: str, *, locked: bool = False) -> Program:
    """Two processes that read (r) and write (w) one cell as told, with other steps between, each under a lock."""

    def access(pattern: str, number: int) -> Body:
        for kind in pattern:
            yield write(f"own {number}", kind)
            if locked:
                yield acquire("lock")
            if kind == "r":
                yield read("shared")
            else:
                yield write("shared", number)
            if locked:
                yield release("lock")

    def main() -> Body:
        yield start(access, first, 1)
        yield start(access, second, 2)

    return Program(main, {"shared": 0, "own 1": "", "own 2": ""}, {"lock": 1})


def pattern(program: Program, schedules: int) -> list[str]:
    """For each schedule who touched the cell, and how: a capital letter for the second process."""
    found = []
    for run, _ in explore(program, Directed(CELL), schedules):
        steps = [step for step in run.steps if step.operation.resource == CELL]
        letters = ["rw"[step.operation.changes] for step in steps]
        found.append(
            "".join(one.upper() if step.process == 2 else one for one, step in zip(letters, steps, strict=True))
        )
    return found


@pytest.mark.parametrize("locked", [False, True])
@pytest.mark.parametrize(
    ("first", "second", "wanted"),
    [("rw", "w", "rWw"), ("rr", "w", "rWr"), ("wr", "w", "wWr"), ("ww", "r", "wRw"), ("rw", "rw", "rRWw")],
)
def test_the_second_schedule_shows_the_pattern(first: str, second: str, wanted: str, locked: bool) -> None:  # noqa: FBT001
    """The first one only looks. A lock around each single touch protects nothing, and does not prevent it."""
    assert pattern(accesses(first, second, locked=locked), 2) == [first + second.upper(), wanted]


def test_all_places_between_two_touches_are_tried() -> None:
    shown = set(pattern(accesses("rww", "rw"), 100))
    assert {"rRWww", "rwRWw", "rRwwW", "rwRwW", "RrWww", "RrwWw"} <= shown


def test_the_search_ends_after_the_last_plan() -> None:
    assert len(explore(accesses("rw", "w"), Directed(CELL), 100)) == 2


def test_a_resource_that_nobody_touches_gives_no_plan() -> None:
    assert len(explore(accesses("rw", "w"), Directed(resource_of(99)), 100)) == 1


def test_nobody_is_interrupted_but_where_the_plan_says_so() -> None:
    runs = [run for run, _ in explore(accesses("rw", "w"), Directed(CELL), 2)]
    assert [preemptions(run) for run in runs] == [0, 1]


def test_a_plan_that_a_lock_forbids_does_not_stop_the_schedule() -> None:
    def careful() -> Body:
        yield acquire("lock")
        value = yield read("shared")
        yield write("shared", value + 1)
        yield release("lock")

    def main() -> Body:
        yield start(careful)
        yield start(careful)

    found = explore(Program(main, {"shared": 0}, {"lock": 1}), Directed(CELL), 100)
    assert len(found) > 2
    assert all(outcome.cells == (2,) and not outcome.deadlock for _, outcome in found)


def test_the_plans_for_two_processes_are_these() -> None:
    assert list(plans({1: 2, 2: 1})) == [Plan(1, 1, 2, 0, 1)]
    assert list(plans({1: 2, 2: 2})) == [
        Plan(1, 1, 2, 0, 2),
        Plan(2, 1, 1, 0, 2),
        Plan(1, 1, 2, 0, 1),
        Plan(2, 1, 1, 0, 1),
        Plan(1, 1, 2, 1, 1),
        Plan(2, 1, 1, 1, 1),
    ]


def test_no_plan_is_written_before_a_run_was_seen() -> None:
    words = fresh_words()
    assert Directed(CELL).begin(words, random.Random(0))
    assert words[0] == 0
