"""Which tests belong to which task of which exercise, and which tasks this run has only a part of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from pytest_parlab.errors import UsageError
from pytest_parlab.grading.exercises import Exercise, load
from pytest_parlab.plugin.declared import ANY_TASK, declared_tests
from pytest_parlab.plugin.keys import EXERCISE, PROBLEM
from pytest_parlab.plugin.options import Settings
from pytest_parlab.plugin.orders import candidates

MARKER = "parlab_task"


@dataclass(slots=True)
class Enrolment:
    """The tests of exercises in one run.

    Attributes:
        exercises: By folder.
        broken: Folder to why its exercise cannot be graded.
        tests: Node id to the folder and the number of its task.
        partial: Tasks of which a test was not even collected, as folder and number.
    """

    exercises: dict[Path, Exercise] = field(default_factory=dict)
    broken: dict[Path, str] = field(default_factory=dict)
    tests: dict[str, tuple[Path, int]] = field(default_factory=dict)
    partial: set[tuple[Path, int]] = field(default_factory=set)

    def read(self, folders: Iterable[Path]) -> None:
        """Read the exercises in some folders."""
        for folder in folders:
            try:
                self.exercises[folder] = load(folder)
            except UsageError as error:
                self.broken[folder] = str(error)

    def enrol(self, items: Iterable[pytest.Item]) -> None:
        """Give each test its exercise and its task, or the reason why it cannot be judged."""
        for item in items:
            folder = item.path.parent
            if folder in self.broken:
                item.stash[PROBLEM] = self.broken[folder]
                continue
            exercise = self.exercises.get(folder)
            if exercise is None:
                continue
            try:
                number = _task_of(item, exercise)
            except UsageError as error:
                item.stash[PROBLEM] = str(error)
                self.broken[folder] = str(error)
                continue
            item.stash[EXERCISE] = exercise
            self.tests[item.nodeid] = (folder, number)

    def note_partial(self, items: Iterable[pytest.Item], config: pytest.Config) -> None:
        """Find the tasks of which a test is missing here: by its name, or by some of its parameters."""
        items = [item for item in items if item.path.parent in self.exercises]
        collected = {_name_of(item) for item in items}
        chosen = {_file_of(argument, config) for argument in config.args if "[" in argument}
        some = bool(config.getoption("lf", default=False))
        for folder, exercise in self.exercises.items():
            for name, test in declared_tests(folder).items():
                parts = test.parametrised and (some or folder / name[0] in chosen)
                if (str(folder), *name) not in collected or parts:
                    numbers = [task.id for task in exercise.tasks] if test.task == ANY_TASK else [test.task]
                    self.partial.update((folder, number) for number in numbers)

    def missing_submission(self, settings: Settings) -> str:
        """Why a submission is none at all; empty if it has a module of one of the exercises at least."""
        if settings.submission is None or not self.exercises:
            return ""
        places = [
            place for exercise in self.exercises.values() for place in candidates(exercise, settings.submission)
        ]
        if any(place.exists() for place in places):
            return ""
        wanted = next(iter(self.exercises.values()))
        return (
            f"{str(settings.submission)!r} from {settings.sources['submission']} has no module of any exercise: "
            f"it needs {wanted.slug}/{wanted.module}.py, or {wanted.module}.py, and the like"
        )

    def to_plain(self) -> dict[str, Any]:
        """The same as plain data, for the process that a worker of pytest-xdist reports to."""
        return {
            "folders": [str(folder) for folder in (*self.exercises, *self.broken)],
            "tests": {nodeid: [str(folder), number] for nodeid, (folder, number) in self.tests.items()},
            "broken": {str(folder): why for folder, why in self.broken.items()},
            "partial": [[str(folder), number] for folder, number in self.partial],
        }

    def add_plain(self, plain: Mapping[str, Any]) -> None:
        """Take over what a worker of pytest-xdist has enrolled; all of them see the same tests."""
        self.read(Path(folder) for folder in plain["folders"] if Path(folder) not in self.exercises)
        self.tests.update({nodeid: (Path(folder), number) for nodeid, (folder, number) in plain["tests"].items()})
        self.broken.update({Path(folder): why for folder, why in plain["broken"].items()})
        self.partial.update((Path(folder), number) for folder, number in plain["partial"])


def _task_of(item: pytest.Item, exercise: Exercise) -> int:
    marker = item.get_closest_marker(MARKER)
    number = 1 if marker is None else next(iter(marker.args), None)
    known = [task.id for task in exercise.tasks]
    if type(number) is not int or number not in known:
        raise UsageError(
            f"{item.nodeid}: {MARKER}({number!r}) names no task of {exercise.slug}; "
            f"use one of {', '.join(map(str, known))}"
        )
    return number


def _name_of(item: pytest.Item) -> tuple[str, str, str, str]:
    owner = getattr(item, "cls", None)
    function = getattr(item, "originalname", None) or item.name
    return str(item.path.parent), item.path.name, owner.__name__ if owner else "", function


def _file_of(argument: str, config: pytest.Config) -> Path:
    return Path(config.invocation_params.dir, argument.partition("::")[0]).resolve()
