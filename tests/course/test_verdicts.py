"""Right is right and wrong is wrong: solutions and variants pass, stubs are not begun, mistakes are named."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from pytest_parlab.grading.results import Results, TaskResult
from tests.course.places import COURSE, SOLUTIONS, START_METHODS, VARIANTS, WRONG, graded_tests, named, task_of
from tests.course.runs import NOT_TIMED, graded, small_pictures, submitted

EXPECTED: dict[str, dict[str, dict[str, Any]]] = tomllib.loads(
    (Path(__file__).parent / "expected.toml").read_text("utf-8")
)
SETTLED = ("passed", "not-started")
NOT_SELECTED = "not all of its tests were selected"
ALL_WRONG = [(slug, name) for slug, wrongs in EXPECTED.items() for name in wrongs]
ALL_VARIANTS = sorted((path.parent.parent.name, path.parent.name) for path in VARIANTS.glob("*/*/*.py"))


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The option that makes the exercise on pictures quick: four of them, and not large."""
    return f"--parlab-images={small_pictures(tmp_path_factory.mktemp('pictures'))}"


def tasks(results: Results) -> dict[int, TaskResult]:
    """Return the tasks of the only exercise by number."""
    [exercise] = results.exercises
    return {task.id: task for task in exercise.tasks}


def names_of_task(slug: str, task: int) -> list[str]:
    """Return the names of the tests of one task."""
    [exercise] = [exercise for exercise in COURSE if exercise.slug == slug]
    return [name for name, test in graded_tests(exercise).items() if task_of(test) == task]


def states(results: Results) -> dict[str, str]:
    """Return the state of every test that was selected, by its short name, and what is wrong if it is not passed."""
    return {
        test.nodeid.rpartition("::")[2]: test.state if test.state in SETTLED else f"{test.state}: {test.message}"
        for exercise in results.exercises
        for task in exercise.tasks
        for test in task.tests
        if not test.message.startswith(NOT_SELECTED)
    }


def test_every_wrong_solution_is_expected_somewhere() -> None:
    """The table and the folder agree, and no exercise has fewer than four."""
    assert sorted(ALL_WRONG) == sorted((path.parent.parent.name, path.parent.name) for path in WRONG.glob("*/*/*.py"))
    assert [slug for slug, wrongs in EXPECTED.items() if len(wrongs) >= 4] == [exercise.slug for exercise in COURSE]


def test_every_exercise_has_variants() -> None:
    """At least two honest ways of each that are not our own."""
    assert all(sum(slug == exercise.slug for slug, _ in ALL_VARIANTS) >= 2 for exercise in COURSE)


@pytest.mark.parametrize(("slug", "name"), ALL_WRONG)
def test_a_wrong_solution_fails_and_the_mistake_is_named(slug: str, name: str, small: str, tmp_path: Path) -> None:
    """The right task fails, with the mistake that explains it first."""
    expected = EXPECTED[slug][name]
    folder = submitted(tmp_path, WRONG / slug / name)
    only = expected.get("only") or f"({' or '.join(names_of_task(slug, expected['task']))}) and {NOT_TIMED}"
    results = graded(tmp_path, f"--parlab-submission={folder}", small, "-k", only, exercise=slug)
    failed = tasks(results)[expected["task"]]
    assert failed.state == "failed", states(results)
    assert failed.points == 0
    codes = [mistake.code for mistake in failed.mistakes]
    if "code" in expected:
        assert codes[:1] == [expected["code"]], states(results)


@pytest.mark.parametrize(("slug", "name"), ALL_VARIANTS)
def test_an_honest_variant_passes(slug: str, name: str, small: str, tmp_path: Path) -> None:
    """Another style is no mistake."""
    folder = submitted(tmp_path, VARIANTS / slug / name)
    results = graded(tmp_path, f"--parlab-submission={folder}", small, "-k", NOT_TIMED, exercise=slug)
    assert set(states(results).values()) == {"passed"}, states(results)


@pytest.mark.parametrize("start_method", START_METHODS)
@pytest.mark.parametrize("exercise", COURSE, ids=named)
def test_a_solution_passes_under_every_start_method(
    exercise: Any, start_method: str, small: str, tmp_path: Path
) -> None:
    """All its tests but the timed one."""
    arguments = (f"--parlab-submission={SOLUTIONS}", small, f"--parlab-start-method={start_method}", "-k", NOT_TIMED)
    results = graded(tmp_path, *arguments, exercise=exercise.slug)
    assert set(states(results).values()) == {"passed"}, states(results)


def test_the_solution_is_right_with_all_pictures_of_the_kit(tmp_path: Path) -> None:
    """Drawn into an empty cache by this very run."""
    results = graded(tmp_path, f"--parlab-submission={SOLUTIONS}", "-k", "every_picture", exercise="04_image_pool")
    assert set(states(results).values()) == {"passed"}, states(results)


def test_nothing_of_a_stub_is_begun(tmp_path: Path) -> None:
    """Every test of every task meets its NotImplementedError."""
    results = graded(tmp_path)
    assert set(states(results).values()) == {"not-started"}, states(results)
    assert {task.state for exercise in results.exercises for task in exercise.tasks} == {"not-started"}
    assert [exercise.slug for exercise in results.exercises] == [exercise.slug for exercise in COURSE]
    assert results.points == 0
