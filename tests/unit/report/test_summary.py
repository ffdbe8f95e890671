"""The summary of a graded run."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_parlab.grading.results import ExerciseResult, MistakeResult, Results, State, TaskResult, TestResult
from pytest_parlab.report.summary import problem, quoted, summary
from tests.unit.report.expected import expected

LOCK = MistakeResult(
    "PL201", "unlocked read-modify-write of shared memory", "exercises/02_lost_update/lost_update.py", 12, "Seen."
)


def ran(state: State, message: str = "", name: str = "total") -> TestResult:
    return TestResult(f"exercises/02_lost_update/test_lost_update.py::test_{name}", state, 0.5, message)


def task(number: int, state: State, points: int, **more: object) -> TaskResult:
    made = TaskResult(number, f"Title of task {number}", state, points if state == "passed" else 0, points)
    return replace(made, **more)  # type: ignore[arg-type]


def exercise(slug: str, title: str, state: State, *tasks: TaskResult, error: str = "") -> ExerciseResult:
    points, most = sum(each.points for each in tasks), sum(each.max_points for each in tasks)
    return ExerciseResult(slug, title, state, points, most, 1.0, error, tasks)


def graded(*exercises: ExerciseResult, submission: str = "") -> Results:
    points, most = sum(each.points for each in exercises), sum(each.max_points for each in exercises)
    return Results(submission, 42, "2026-01-31T12:00:00+00:00", 3.0, points, most, exercises=exercises)


DONE = exercise("01_start_join", "Start, join, look", "passed", task(1, "passed", 4), task(2, "passed", 6))
FAILED = exercise(
    "02_lost_update",
    "The lost update",
    "failed",
    task(1, "passed", 4),
    task(2, "failed", 3, mistakes=(LOCK,), tests=(ran("passed"), ran("failed", "assert 17 == 20", "total[2]"))),
    task(3, "undecided", 2, undecided="it needs 2 usable cores and this machine has 1; run it where there are 2"),
    task(4, "failed", 1, tests=(ran("failed", "\n  assert 1 == 2\n + where 1 = f()"),)),
    task(5, "not-started", 1),
    task(6, "not-started", 1),
)
UNTOUCHED = exercise("03_pool_map", "Share the work", "not-started", task(1, "not-started", 10))
BROKEN = exercise(
    "04_image_pool",
    "A folder of pictures",
    "error",
    task(1, "error", 5),
    error="image_pool.py cannot be imported: SyntaxError: invalid syntax (line 3)\nTraceback ...",
)


COURSE = graded(DONE, FAILED, UNTOUCHED, BROKEN)


def test_a_course_in_progress() -> None:
    assert summary(COURSE) == expected("""
        01  Start, join, look     10 of 10  passed
        02  The lost update        4 of 12  failed, 2 points open
            2 failed: PL201 unlocked read-modify-write of shared memory, at
              exercises/02_lost_update/lost_update.py:12
            3 undecided, 2 points open: it needs 2 usable cores and this machine has
              1; run it where there are 2
            4 failed: assert 1 == 2
            5, 6 not started
        03  Share the work         0 of 10  not started
        04  A folder of pictures    0 of 5  error
            image_pool.py cannot be imported: SyntaxError: invalid syntax (line 3)

        Total: 14 of 37 points; 2 points are open (undecided: neither got nor lost).

        Next: task 02.2, Title of task 2
          pytest "exercises/02_lost_update/test_lost_update.py::test_total[2]"
          parlab hint 02.2
    """)


def test_everything_passed() -> None:
    assert summary(graded(DONE)) == expected("""
        01  Start, join, look  10 of 10  passed

        Total: 10 of 10 points.

        Everything is passed.
    """)


def test_the_next_exercise_is_named_with_its_command() -> None:
    assert summary(graded(DONE, UNTOUCHED)) == expected("""
        01  Start, join, look  10 of 10  passed
        03  Share the work      0 of 10  not started

        Total: 10 of 20 points.

        Next: read exercises/03_pool_map/README.md, start with task 1, then run
          pytest exercises/03_pool_map
    """)


BEGUN = exercise("03_pool_map", "Share the work", "not-started", task(1, "passed", 4), task(2, "not-started", 6))


def test_an_exercise_that_is_begun_goes_on_with_its_next_task() -> None:
    assert summary(graded(DONE, BEGUN)) == expected("""
        01  Start, join, look  10 of 10  passed
        03  Share the work      4 of 10  in progress
            2 not started

        Total: 14 of 20 points.

        Next: task 03.2, Title of task 2
          pytest exercises/03_pool_map
          parlab hint 03.2
    """)


OPEN = exercise(
    "03_pool_map",
    "Share the work",
    "undecided",
    task(1, "passed", 4),
    task(2, "undecided", 1, undecided="another program used 0.8 of 2 cores; run it again when the machine is quiet"),
)


def test_an_undecided_task_is_neither_passed_nor_lost() -> None:
    assert summary(graded(DONE, OPEN)) == expected("""
        01  Start, join, look  10 of 10  passed
        03  Share the work       4 of 5  undecided, 1 point open
            2 undecided, 1 point open: another program used 0.8 of 2 cores; run it
              again when the machine is quiet

        Total: 14 of 15 points; 1 point is open (undecided: neither got nor lost).

        Next: exercise 03 is undecided; see above what would settle it, then run
          pytest exercises/03_pool_map
    """)


STOPPED = exercise(
    "03_pool_map", "Share the work", "error", task(1, "error", 4, tests=(ran("error", "stopped after 60 s"),))
)


def test_a_task_that_the_judge_stopped_says_so() -> None:
    assert summary(graded(STOPPED)) == expected("""
        03  Share the work  0 of 4  error
            1 error: stopped after 60 s

        Total: 0 of 4 points.

        Next: task 03.1, Title of task 1
          pytest exercises/02_lost_update/test_lost_update.py::test_total
          parlab hint 03.1
    """)


def test_a_submission_that_cannot_be_loaded_comes_first() -> None:
    assert summary(graded(DONE, BROKEN), exercises="course/exercises") == expected("""
        01  Start, join, look     10 of 10  passed
        04  A folder of pictures    0 of 5  error
            image_pool.py cannot be imported: SyntaxError: invalid syntax (line 3)

        Total: 10 of 15 points.

        Next: repair exercise 04; its tests could not run.
          pytest course/exercises/04_image_pool
    """)


def test_the_command_names_the_submission_that_was_graded() -> None:
    text = summary(graded(DONE, UNTOUCHED, submission="my solutions"))
    assert text.endswith('\n  pytest exercises/03_pool_map "--parlab-submission=my solutions"')
    text = summary(graded(FAILED, submission="solutions"))
    assert '::test_total[2]" --parlab-submission=solutions\n' in text


def test_a_failed_task_without_a_recorded_reason_goes_by_its_title() -> None:
    text = summary(graded(exercise("03_pool_map", "Share", "failed", task(1, "failed", 4))))
    assert "\n    1 failed: Title of task 1\n" in text
    assert text.endswith("Next: task 03.1, Title of task 1\n  pytest exercises/03_pool_map\n  parlab hint 03.1")


def test_an_undecided_task_without_a_recorded_reason_says_so() -> None:
    text = summary(graded(exercise("03_pool_map", "Share", "undecided", task(1, "undecided", 4))))
    assert "\n    1 undecided, 4 points open: the reason was not recorded\n" in text


def test_no_exercise() -> None:
    assert summary(graded()) == "No exercise was graded."


def test_a_mistake_without_a_place_goes_by_its_name() -> None:
    assert problem(task(1, "failed", 1, mistakes=(replace(LOCK, path=None, line=None),))) == (
        "PL201 unlocked read-modify-write of shared memory"
    )


def test_arguments_are_quoted_where_a_shell_would_take_them_apart() -> None:
    assert quoted("exercises/03_pool_map") == "exercises/03_pool_map"
    assert quoted("test_a.py::test_b[2]") == '"test_a.py::test_b[2]"'
    assert quoted("my solutions") == '"my solutions"'


def test_text_from_outside_cannot_steer_the_terminal() -> None:
    evil = replace(
        FAILED, title="\x1b[2Jüber", tasks=(task(1, "failed", 1, tests=(ran("failed", "\x1b[32m1 passed"),)),)
    )
    text = summary(graded(evil))
    assert r"\x1b[2J\xfcber" in text
    assert r"1 failed: \x1b[32m1 passed" in text
    assert text.isascii()


@pytest.mark.parametrize("width", [78, 100])
def test_no_line_but_a_command_is_wider_than_asked_for(width: int) -> None:
    long = exercise("05_x", "Title " * 30, "failed", task(1, "failed", 5, tests=(ran("failed", "word " * 100),)))
    lines = summary(graded(long, FAILED), width=width).split("\n")
    assert max(len(line) for line in lines if not line.startswith("  pytest")) <= width
