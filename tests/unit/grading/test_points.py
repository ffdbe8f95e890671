"""From tests to states to points."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_parlab.grading.exercises import Exercise, ExerciseTask
from pytest_parlab.grading.points import exercise_result, exercise_state, task_points, task_result, task_state, total
from pytest_parlab.grading.results import STATES, MistakeResult, State, TestResult

TASK = ExerciseTask(1, "Join every child", 3, ("First.", "Second."))
EXERCISE = Exercise(
    slug="02_join",
    module="join",
    directory=Path("exercises/02_join"),
    title="Join",
    concept="Wait for it.",
    after=(),
    seconds=30.0,
    cores=1,
    speedup=None,
    tasks=(TASK, ExerciseTask(2, "Read the exit code", 2, ("Third.",))),
)


def ran(state: State, message: str = "", seconds: float = 0.5) -> TestResult:
    return TestResult(f"test_join.py::test_{state}", state, seconds, message)


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        (["passed"], "passed"),
        (["passed", "passed"], "passed"),
        (["passed", "failed"], "failed"),
        (["not-started", "failed", "error", "undecided"], "failed"),
        (["passed", "error", "not-started", "undecided"], "error"),
        (["passed", "not-started", "undecided"], "not-started"),
        (["passed", "undecided"], "undecided"),
        (["undecided"], "undecided"),
        ([], "undecided"),
    ],
)
def test_the_strongest_state_decides(states: list[State], expected: State) -> None:
    assert task_state(states) == expected
    assert exercise_state(states) == expected


def test_only_a_passed_task_gives_points_and_it_gives_them_all() -> None:
    assert {state: task_points(state, 7) for state in STATES} == {
        "passed": 7,
        "failed": 0,
        "not-started": 0,
        "undecided": 0,
        "error": 0,
    }


def test_a_task_carries_its_tests_and_mistakes() -> None:
    mistake = MistakeResult("PL102", "never joined", "join.py", 12, "Process-1 was still running.")
    graded = task_result(TASK, [ran("passed"), ran("failed")], mistakes=[mistake])
    assert (graded.id, graded.title, graded.state, graded.points, graded.max_points) == (
        1,
        "Join every child",
        "failed",
        0,
        3,
    )
    assert graded.mistakes == (mistake,)
    assert [test.state for test in graded.tests] == ["passed", "failed"]
    assert graded.undecided == ""


def test_an_undecided_task_says_why_and_its_points_stay_open() -> None:
    graded = task_result(TASK, [ran("passed"), ran("undecided"), ran("undecided", "needs 2 cores, has 1")])
    assert (graded.state, graded.points, graded.open_points) == ("undecided", 0, 3)
    assert graded.undecided == "needs 2 cores, has 1"


def test_a_task_of_which_no_test_ran_is_undecided_and_never_passed() -> None:
    graded = task_result(TASK, [])
    assert (graded.state, graded.points, graded.open_points) == ("undecided", 0, 3)
    assert graded.undecided == "none of its tests ran; run the whole exercise to settle it"


def test_an_exercise_adds_up_its_tasks() -> None:
    graded = exercise_result(EXERCISE, {1: [ran("passed"), ran("passed")], 2: [ran("undecided", "noise")]})
    assert (graded.slug, graded.title, graded.state) == ("02_join", "Join", "undecided")
    assert (graded.points, graded.max_points, graded.open_points, graded.seconds) == (3, 5, 2, 1.5)


def test_an_exercise_whose_tests_could_not_run_is_an_error_and_keeps_its_tasks() -> None:
    graded = exercise_result(EXERCISE, {}, error="join.py cannot be imported")
    assert (graded.state, graded.points, graded.max_points, graded.error) == (
        "error",
        0,
        5,
        "join.py cannot be imported",
    )
    assert [(task.id, task.state, task.undecided) for task in graded.tasks] == [(1, "error", ""), (2, "error", "")]
    assert graded.open_points == 0


def test_the_total_is_exact() -> None:
    one = exercise_result(EXERCISE, {1: [ran("passed")], 2: [ran("undecided", "noise")]})
    two = exercise_result(EXERCISE, {1: [ran("passed")], 2: [ran("failed", "too slow")]})
    results = total([one, two], submission="", seed=7, started="2026-01-31T12:00:00+00:00", seconds=3.0)
    assert (results.points, results.max_points, results.open_points) == (6, 10, 2)
    assert (type(results.points), type(results.max_points)) == (int, int)
    assert (results.machine, results.promises) == ({}, ())
