"""Every lesson has the same headings, fits on two pages, and its examples print what they say."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from pytest_parlab.grading.exercises import Exercise
from tests.course.places import COURSE, EXERCISES, START_METHODS, named

if TYPE_CHECKING:
    from pathlib import Path

HEADINGS = ["Story", "What you need", "Your tasks", "What the tests look at", "Further"]
LONGEST = 120
GUARD = 'if __name__ == "__main__":\n'

each_exercise = pytest.mark.parametrize("exercise", COURSE, ids=named)


def lesson(exercise: Exercise) -> str:
    """Return the text of a lesson."""
    return (EXERCISES / exercise.slug / "README.md").read_text("utf-8")


def examples(exercise: Exercise) -> list[tuple[str, str]]:
    """Return every program of a lesson with what it is said to print."""
    return re.findall(r"```python\n(.*?)```\n+```text\n(.*?)```", lesson(exercise), re.DOTALL)


ALL_EXAMPLES = [
    pytest.param(*example, id=f"{exercise.slug}-{number}")
    for exercise in COURSE
    for number, example in enumerate(examples(exercise), 1)
]


@each_exercise
def test_a_lesson_has_its_headings_and_one_for_each_task(exercise: Exercise) -> None:
    """The same five headings everywhere, and under the third one the tasks with their titles."""
    text = re.sub(r"```.*?```", "", lesson(exercise), flags=re.DOTALL)
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == HEADINGS
    assert re.findall(r"^### (.+)$", text, re.MULTILINE) == [f"{task.id}. {task.title}" for task in exercise.tasks]
    assert text.startswith(f"# {exercise.number} ")


@each_exercise
def test_a_lesson_is_short_and_has_a_picture(exercise: Exercise) -> None:
    """At most 120 lines, and at least one picture of processes over time."""
    text = lesson(exercise)
    assert len(text.splitlines()) <= LONGEST
    assert text.isascii()
    assert re.search(r"```text\n(?:(?!```).)*> time", text, re.DOTALL)


@each_exercise
def test_a_lesson_has_an_example_for_each_task(exercise: Exercise) -> None:
    """Every program in a lesson is followed by what it prints, and every task has one."""
    assert lesson(exercise).count("```python") == len(examples(exercise)) == len(exercise.tasks)


@pytest.mark.parametrize("start_method", START_METHODS)
@pytest.mark.parametrize(("program", "printed"), ALL_EXAMPLES)
def test_an_example_prints_what_the_lesson_says(
    program: str, printed: str, start_method: str, tmp_path: Path
) -> None:
    """Under every way of making processes, without a warning."""
    assert program.count(GUARD) == 1
    chosen = f'{GUARD}    __import__("multiprocessing").set_start_method("{start_method}")\n'
    path = tmp_path / "example.py"
    path.write_text(program.replace(GUARD, chosen), "utf-8")
    done = subprocess.run(
        [sys.executable, "-W", "error", path.name],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.stdout, done.stderr, done.returncode) == (printed, "", 0)
