"""What an exercise is: its folder, its tasks, their points and hints, read from ``exercise.toml``.

Example of the file, with every key::

    schema = 1
    title = "Share the work"
    concept = "A pool hands items to a fixed set of worker processes."
    after = ["02_join"]          # may be left out
    seconds = 60                 # deadline of all tests of the exercise together
    cores = 2                    # usable cores that its tests need; 1 if left out

    [speedup]                    # may be left out
    workers = 2
    at_least = 1.4

    [[task]]
    id = 1
    title = "Cube every number"
    points = 4
    hints = ["Pool.map does the handing out.", "Leave the pool by a with block."]
"""

from __future__ import annotations

import difflib
import keyword
import re
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_parlab.errors import UsageError
from pytest_parlab.grading.checked import Problems, Table

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SCHEMA = 1
"""Version of the layout of ``exercise.toml`` that this module reads."""

FILE_NAME = "exercise.toml"

_SLUG = re.compile(r"[0-9]{2}_([a-z][a-z0-9_]*)")
_KEYS = ("schema", "title", "concept", "after", "seconds", "cores", "speedup", "task")
_TASK_KEYS = ("id", "title", "points", "hints")
_SPEEDUP_KEYS = ("workers", "at_least")
_FEWEST_WORKERS = 2


@dataclass(frozen=True, slots=True)
class Speedup:
    """The speedup that an exercise asks for.

    Attributes:
        workers: Number of workers.
        at_least: Time of the baseline divided by time of the parallel version.
    """

    workers: int
    at_least: float


@dataclass(frozen=True, slots=True)
class ExerciseTask:
    """One task of an exercise: all or nothing.

    Attributes:
        id: Its number, from 1 in the order of the lesson.
        title: One line.
        points: What it is worth.
        hints: Revealed one at a time, in this order.
    """

    id: int
    title: str
    points: int
    hints: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Exercise:
    """One exercise.

    Attributes:
        slug: Name of its folder, for example ``03_pool_map``.
        module: Name of the module that the learner writes, for example ``pool_map``.
        directory: Its folder.
        title: One line.
        concept: What it teaches, in one sentence.
        after: Slugs of the exercises to do before this one.
        seconds: Deadline of all its tests together.
        cores: How many usable cores its tests need.
        speedup: What its speedup test asks for; None if it has none.
        tasks: In the order of the lesson.
    """

    slug: str
    module: str
    directory: Path
    title: str
    concept: str
    after: tuple[str, ...]
    seconds: float
    cores: int
    speedup: Speedup | None
    tasks: tuple[ExerciseTask, ...]

    @property
    def number(self) -> str:
        """The two digits before the name, for example ``03``."""
        return self.slug[:2]

    @property
    def max_points(self) -> int:
        """Points of all tasks together."""
        return sum(task.points for task in self.tasks)


def load(directory: Path) -> Exercise:
    """Read the exercise in a folder.

    Raises:
        UsageError: The folder's name or its ``exercise.toml`` is not as it must be; the text names the file and
            every wrong key, and says what would work.
    """
    module = _module_of(directory)
    path = directory / FILE_NAME
    problems = Problems(path)
    top = Table(_parse(path), problems)
    if top.whole("schema", SCHEMA) != SCHEMA:
        top.note("schema", f"is {top.data['schema']}", f"this version of pytest-parlab reads schema = {SCHEMA}")
        problems.raise_if_any()  # the other keys may mean something else there
    top.refuse_unknown(_KEYS)
    exercise = Exercise(
        slug=directory.resolve().name,
        module=module,
        directory=directory,
        title=top.text("title", '"Share the work"'),
        concept=top.text("concept", '"A pool hands items to a fixed set of worker processes."'),
        after=top.texts("after", '["02_join"]') if "after" in top.data else (),
        seconds=top.number("seconds", 60, above=0),
        cores=top.whole("cores", 2, least=1) if "cores" in top.data else 1,
        speedup=_speedup(top),
        tasks=_tasks(top),
    )
    problems.raise_if_any()
    return exercise


def find(root: Path) -> tuple[Exercise, ...]:
    """Read every exercise below a folder, in the order of their numbers.

    A folder is an exercise if it has an ``exercise.toml``.

    Raises:
        UsageError: The folder does not exist or has no exercise, one of them is not as it must be, or two of them
            share a number or a module name.
    """
    if not root.is_dir():
        raise UsageError(f"{root}: there is no such folder; give the folder that holds the exercises")
    folders = sorted(path for path in root.iterdir() if (path / FILE_NAME).is_file())
    if not folders:
        raise UsageError(f"{root}: no exercise here; give the folder whose folders hold an {FILE_NAME} each")
    exercises = tuple(load(folder) for folder in folders)
    _refuse_twins(exercises)
    _refuse_unknown_prerequisites(exercises)
    return exercises


def _module_of(directory: Path) -> str:
    name = directory.resolve().name  # the name of Path(".") is empty
    match = _SLUG.fullmatch(name)
    if match is None:
        raise UsageError(
            f"{directory}: the folder's name {name!r} is not an exercise's; "
            "write two digits, an underscore and a name in lower case, such as 03_pool_map"
        )
    module = match.group(1)
    if keyword.iskeyword(module) or module in sys.stdlib_module_names:
        owner = "Python's grammar" if keyword.iskeyword(module) else "the standard library"
        raise UsageError(
            f"{directory}: the module name {module!r} belongs to {owner}; choose another one, such as {module}_lab"
        )
    return module


def _parse(path: Path) -> Mapping[str, Any]:
    import tomllib  # noqa: PLC0415 - a learner's own tests never need it

    try:
        return tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except FileNotFoundError:
        raise UsageError(f"{path}: there is no such file; every exercise has one") from None
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror}); check its permissions") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: byte {error.start} is not UTF-8; save the file as UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path}: is not TOML ({error}); correct the file at that place") from error


def _speedup(top: Table) -> Speedup | None:
    if "speedup" not in top.data:
        return None
    works = "write a [speedup] table with workers and at_least"
    table = Table(top.table("speedup", works), top.problems, "[speedup]")
    if not isinstance(top.data["speedup"], dict):
        return None
    table.refuse_unknown(_SPEEDUP_KEYS)
    workers = table.whole("workers", 2, least=_FEWEST_WORKERS)
    at_least = table.number("at_least", 1.4, above=1)
    if at_least > workers:
        table.note("at_least", f"is {at_least:g} with {workers} workers", f"write at most {workers}")
    return Speedup(workers, at_least)


def _tasks(top: Table) -> tuple[ExerciseTask, ...]:
    works = "write one [[task]] table per task, with id, title, points and hints"
    tables = top.tables("task", works)
    if not tables and top.data.get("task") == []:
        top.note("task", "is an empty list", works)
    return tuple(_task(Table(data, top.problems, f"task {n}"), n) for n, data in enumerate(tables, start=1))


def _task(table: Table, number: int) -> ExerciseTask:
    table.refuse_unknown(_TASK_KEYS)
    identity = table.whole("id", number, least=1)
    if identity != number:
        table.note("id", f"is {identity}", f"tasks are numbered 1, 2, 3 in order: write id = {number}")
    task = ExerciseTask(
        id=number,
        title=table.text("title", '"Cube every number"'),
        points=table.whole("points", 4, least=1),
        hints=table.texts("hints", '["First hint.", "Second hint."]'),
    )
    if table.data.get("hints") == []:
        table.note("hints", "is an empty list", 'write at least one hint, such as hints = ["First hint."]')
    return task


def _refuse_twins(exercises: tuple[Exercise, ...]) -> None:
    seen: dict[str, Exercise] = {}
    for exercise in exercises:
        for what, value in (("number", exercise.number), ("module name", exercise.module)):
            other = seen.setdefault(f"{what} {value}", exercise)
            if other is not exercise:
                raise UsageError(
                    f"{exercise.directory}: the {what} {value} is taken by {other.slug}; rename one of the two"
                )


def _refuse_unknown_prerequisites(exercises: tuple[Exercise, ...]) -> None:
    earlier: list[str] = []
    for exercise in exercises:
        problems = Problems(exercise.directory / FILE_NAME)
        for slug in exercise.after:
            if slug not in earlier:
                near = difflib.get_close_matches(slug, earlier, n=1)
                known = ", ".join(earlier) or "none"
                works = f"did you mean {near[0]!r}?" if near else f"the exercises before this one are: {known}"
                problems.add("key 'after'", f"names {slug!r}, which is no earlier exercise", works)
        problems.raise_if_any()
        earlier.append(exercise.slug)
