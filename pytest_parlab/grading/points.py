"""From the outcomes of tests to the state of a task, and from there to points: pure rules, exact whole numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pytest_parlab.grading.results import ExerciseResult, MistakeResult, Results, State, TaskResult, TestResult

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pytest_parlab.grading.exercises import Exercise, ExerciseTask

_ONE_DECIDES: Final[tuple[State, ...]] = ("failed", "error", "not-started")
"""States of which one is enough to decide, the strongest first."""

NO_TEST = "none of its tests ran; run the whole exercise to settle it"
"""Why a task is undecided whose tests were not among those that ran."""


def task_state(states: Iterable[State]) -> State:
    """Give the state of a task from those of its tests.

    All passed: passed. Otherwise the first of failed, error and not-started that any test has; otherwise undecided.
    A task without a test that ran is undecided: nothing was shown.
    """
    seen = set(states)
    if seen == {"passed"}:
        return "passed"
    return next((state for state in _ONE_DECIDES if state in seen), "undecided")


def exercise_state(states: Iterable[State]) -> State:
    """Give the state of an exercise from those of its tasks, by the same rule as for a task."""
    return task_state(states)


def task_points(state: State, points: int) -> int:
    """Give the points of a task: all if it passed, otherwise none. Those of an undecided task stay open."""
    return points if state == "passed" else 0


def task_result(
    task: ExerciseTask,
    tests: Sequence[TestResult],
    *,
    mistakes: Sequence[MistakeResult] = (),
    loaded: bool = True,
) -> TaskResult:
    """Grade one task by its tests.

    Args:
        task: What was asked for.
        tests: The tests that ran.
        mistakes: What was found, the one that explains most first.
        loaded: The submission could be loaded; if not, a task without a test is an error and not undecided.
    """
    state = task_state(test.state for test in tests)
    why = ""
    if not tests and not loaded:
        state = "error"
    elif not tests:
        why = NO_TEST
    elif state == "undecided":
        why = next((test.message for test in tests if test.state == "undecided" and test.message), "")
    return TaskResult(
        id=task.id,
        title=task.title,
        state=state,
        points=task_points(state, task.points),
        max_points=task.points,
        undecided=why,
        mistakes=tuple(mistakes),
        tests=tuple(tests),
    )


def exercise_result(
    exercise: Exercise,
    tests: Mapping[int, Sequence[TestResult]],
    *,
    mistakes: Mapping[int, Sequence[MistakeResult]] | None = None,
    error: str = "",
) -> ExerciseResult:
    """Grade one exercise.

    Args:
        exercise: What was asked for.
        tests: The tests that ran, by the id of their task.
        mistakes: The mistakes that were found, by the id of their task.
        error: Why its tests could not run; then the exercise's state is ``error``.
    """
    found = mistakes or {}
    tasks = tuple(
        task_result(task, tests.get(task.id, ()), mistakes=found.get(task.id, ()), loaded=not error)
        for task in exercise.tasks
    )
    return ExerciseResult(
        slug=exercise.slug,
        title=exercise.title,
        state="error" if error else exercise_state(task.state for task in tasks),
        points=sum(task.points for task in tasks),
        max_points=exercise.max_points,
        seconds=sum(test.seconds for task in tasks for test in task.tests),
        error=error,
        tasks=tasks,
    )


def total(
    exercises: Sequence[ExerciseResult],
    *,
    submission: str,
    seed: int,
    started: str,
    seconds: float,
    machine: Mapping[str, object] | None = None,
    promises: Sequence[str] = (),
) -> Results:
    """Put the graded exercises together; see `Results` for the arguments."""
    return Results(
        submission=submission,
        seed=seed,
        started=started,
        seconds=seconds,
        points=sum(exercise.points for exercise in exercises),
        max_points=sum(exercise.max_points for exercise in exercises),
        machine=dict(machine or {}),
        promises=tuple(promises),
        exercises=tuple(exercises),
    )
