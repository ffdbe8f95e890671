"""The summary of a graded run: each exercise and what is left to do in it, the total, and the next step."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pytest_parlab.report.text import clamped, columns, counted, cut, first_line, joined, place, plain, wrapped

if TYPE_CHECKING:
    from pytest_parlab.grading.results import ExerciseResult, Results, TaskResult

_TITLE = 36
"""Longest title in a line, in columns."""

_BARE = re.compile(r"[\w./:=,+-]+")
"""What a shell takes as it is."""


def summary(results: Results, *, exercises: str = "exercises", width: int = 78, unicode: bool = False) -> str:
    """Write the summary.

    Args:
        results: What was graded.
        exercises: Folder that holds the exercises, as it is written in a command.
        width: In columns, 50 to 100.
        unicode: The terminal can show every character; without, names beyond ASCII are written as escapes.
    """
    if not results.exercises:
        return "No exercise was graded."
    width = clamped(width)
    heads = columns(
        [
            [
                number(exercise.slug),
                cut(exercise.title, _TITLE),
                f"{exercise.points} of {exercise.max_points}",
                _exercise_word(exercise),
            ]
            for exercise in results.exercises
        ],
        right=frozenset({2}),
    )
    lines = []
    for head, exercise in zip(heads, results.exercises, strict=True):
        lines += [head, *_problems(exercise, width)]
    lines += ["", f"Total: {_points(results.points, results.max_points, results.open_points)}.", ""]
    lines += _next_step(results, exercises, width)
    return plain(joined(lines), unicode=unicode)


def number(slug: str) -> str:
    """Give the number of an exercise: ``03`` for ``03_pool_map``."""
    return slug.partition("_")[0]


def quoted(argument: str) -> str:
    """Put quotes around what a shell would otherwise take apart."""
    return argument if _BARE.fullmatch(argument) else f'"{argument}"'


def problem(task: TaskResult) -> str:
    """Say in one line what is wrong with a task: the mistake that was found, or the first problem of a test."""
    for mistake in task.mistakes[:1]:
        where = place(mistake.path, mistake.line)
        return f"{mistake.code} {mistake.title}" + (f", at {where}" if where else "")
    return next((first_line(test.message) for test in task.tests if test.state == task.state), "")


def _points(points: int, most: int, still_open: int) -> str:
    text = f"{points} of {counted(most, 'point')}"
    if still_open:
        verb = "is" if still_open == 1 else "are"
        text += f"; {counted(still_open, 'point')} {verb} open (undecided: neither got nor lost)"
    return text


def _exercise_word(exercise: ExerciseResult) -> str:
    word: str = exercise.state
    if exercise.state == "not-started":
        begun = any(task.state != "not-started" for task in exercise.tasks)
        word = "in progress" if begun else "not started"
    if exercise.open_points:
        word += f", {counted(exercise.open_points, 'point')} open"
    return word


def _problems(exercise: ExerciseResult, width: int) -> list[str]:
    """What is said below the line of an exercise; nothing if all is passed or nothing is begun."""
    indent = "    "
    if exercise.error:
        return [indent + cut(first_line(exercise.error), width - len(indent))]
    states = {task.state for task in exercise.tasks}
    if states <= {"passed"} or states == {"not-started"}:
        return []
    lines = []
    for task in exercise.tasks:
        text = ""
        if task.state in {"failed", "error"}:
            text = f"{task.id} {task.state}: {cut(problem(task), width * 3 // 2) or task.title}"
        elif task.state == "undecided":
            why = first_line(task.undecided) or "the reason was not recorded"
            text = f"{task.id} undecided, {counted(task.open_points, 'point')} open: {why}"
        lines += wrapped(text, width, indent=indent, hanging=indent + "  ")
    waiting = [str(task.id) for task in exercise.tasks if task.state == "not-started"]
    if waiting:
        lines.append(f"{indent}{', '.join(waiting)} not started")
    return lines


def _next_step(results: Results, exercises: str, width: int) -> list[str]:
    """The first exercise with something to do, and its commands; undecided tasks only if nothing else is left."""
    graded = f" {quoted(f'--parlab-submission={results.submission}')}" if results.submission else ""
    for exercise in results.exercises:
        folder = f"{exercises}/{exercise.slug}"
        command = f"  pytest {quoted(folder)}{graded}"
        if exercise.error:
            return [f"Next: repair exercise {number(exercise.slug)}; its tests could not run.", command]
        if exercise.tasks and all(task.state == "not-started" for task in exercise.tasks):
            return [*wrapped(f"Next: read {folder}/README.md, start with task 1, then run", width), command]
        for task in exercise.tasks:
            if task.state in {"passed", "undecided"}:
                continue
            name = f"{number(exercise.slug)}.{task.id}"
            if task.state != "not-started":
                failing = [test.nodeid for test in task.tests if test.state == task.state]
                command = f"  pytest {quoted(failing[0])}{graded}" if failing else command
            return [*wrapped(f"Next: task {name}, {task.title}", width), command, f"  parlab hint {name}"]
    for exercise in results.exercises:
        if exercise.open_points:
            text = f"Next: exercise {number(exercise.slug)} is undecided; see above what would settle it, then run"
            return [*wrapped(text, width), f"  pytest {quoted(f'{exercises}/{exercise.slug}')}{graded}"]
    return ["Everything is passed."]
