"""`parlab hint 02.1`: one hint at a time. Nothing is remembered; the text says how to see the next one."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_parlab.errors import UsageError
from pytest_parlab.grading.exercises import find
from pytest_parlab.report.summary import quoted
from pytest_parlab.report.text import counted, plain

if TYPE_CHECKING:
    from pytest_parlab.grading.exercises import Exercise, ExerciseTask

_WIDTH = 78
DEFAULT_FOLDER = "exercises"
"""Where the exercises are looked for; named in the next command only if another folder was given."""


def hint_text(address: str | None, number: int = 1, folder: str = DEFAULT_FOLDER, *, unicode: bool = False) -> str:
    """Give one hint for a task, or the list of all tasks if none is named.

    Args:
        address: Exercise and task: ``02.1``, ``2.1``, ``lost_update.1`` or ``02_lost_update.1``.
        number: Which hint, from 1.
        folder: The folder that holds the exercises.
        unicode: The terminal can show every character.

    Raises:
        UsageError: There is no such folder, exercise, task or hint; the text lists what there is.
    """
    exercises = find(Path(folder))
    if address is None:
        return plain(f"Tasks with hints:\n{_listed(exercises)}", unicode=unicode)
    exercise, task = _task(address, exercises)
    if not 1 <= number <= len(task.hints):
        first = _command(exercise, task, 1, folder)
        raise UsageError(
            f"task {exercise.number}.{task.id} has {counted(len(task.hints), 'hint')}, so there is no hint {number}; "
            f"`{first}` shows the first"
        )
    text = f"Exercise {exercise.number}, {exercise.title}. Task {task.id}: {task.title}\n\n"
    text += textwrap.fill(f"Hint {number} of {len(task.hints)}: {task.hints[number - 1]}", _WIDTH) + "\n\n"
    if number < len(task.hints):
        text += f"Still stuck? {_command(exercise, task, number + 1, folder)}"
    else:
        text += f"That was the last hint. The lesson is {exercise.directory / 'README.md'}"
    return plain(text, unicode=unicode)


def _command(exercise: Exercise, task: ExerciseTask, number: int, folder: str) -> str:
    place = "" if folder == DEFAULT_FOLDER else f" --exercises {quoted(folder)}"
    return f"parlab hint {exercise.number}.{task.id} {number}{place}"


def _task(address: str, exercises: tuple[Exercise, ...]) -> tuple[Exercise, ExerciseTask]:
    name, dot, task_text = address.rpartition(".")
    if not dot:
        raise UsageError(
            f"{address!r} names no task; write the exercise, a dot and the task, such as "
            f"{exercises[0].number}.1. There are:\n{_listed(exercises)}"
        )
    exercise = next((one for one in exercises if name.lower() in _names(one)), None)
    if exercise is None:
        raise UsageError(f"there is no exercise {name!r}. There are:\n{_listed(exercises)}")
    task = next((one for one in exercise.tasks if str(one.id) == task_text), None)
    if task is None:
        raise UsageError(
            f"exercise {exercise.number} has no task {task_text!r}. There are:\n" + "\n".join(_lines(exercise))
        )
    return exercise, task


def _names(exercise: Exercise) -> set[str]:
    return {exercise.number, str(int(exercise.number)), exercise.slug, exercise.module}


def _listed(exercises: tuple[Exercise, ...]) -> str:
    return "\n".join(line for exercise in exercises for line in _lines(exercise))


def _lines(exercise: Exercise) -> list[str]:
    return [f"  {exercise.number}.{task.id}  {exercise.title}: {task.title}" for task in exercise.tasks]
