"""The results file: what a run of the course was worth, as frozen facts and as JSON.

The field names are fixed; a later version may add some, and reading ignores those that it does not know.
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from pytest_parlab.errors import ParlabError, UsageError
from pytest_parlab.grading import files

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SCHEMA: Final = 1
"""Version of the layout of the results file."""

State: TypeAlias = Literal["passed", "failed", "not-started", "undecided", "error"]

STATES: Final[tuple[State, ...]] = ("passed", "failed", "not-started", "undecided", "error")
"""States of a test, a task and an exercise. ``undecided``: this run does not settle it; ``error``: the submission
could not be loaded, or the judge stopped it."""


@dataclass(frozen=True, slots=True)
class MistakeResult:
    """A classic mistake that was found.

    Attributes:
        code: For example ``PL102``.
        title: Its name in one line.
        path: Source file; None if it has no place.
        line: Line number in `path`, from 1; None if it has no place.
        message: What was seen, in one or two sentences.
    """

    code: str
    title: str
    path: str | None
    line: int | None
    message: str


@dataclass(frozen=True, slots=True)
class TestResult:
    """One test that ran.

    Attributes:
        nodeid: What pytest calls it.
        state: One of `STATES`.
        seconds: How long it took.
        message: The problem, its first line first; empty if the test passed.
        output: What the submission printed, trimmed.
    """

    __test__ = False

    nodeid: str
    state: State
    seconds: float = 0.0
    message: str = ""
    output: str = ""


@dataclass(frozen=True, slots=True)
class TaskResult:
    """One task of an exercise.

    Attributes:
        id: Its number, from 1.
        title: One line.
        state: One of `STATES`.
        points: Points got.
        max_points: Points that it is worth.
        undecided: Why it is undecided and what would settle it; empty otherwise.
        mistakes: The one that explains most first.
        tests: In the order in which they ran.
    """

    id: int
    title: str
    state: State
    points: int
    max_points: int
    undecided: str = ""
    mistakes: tuple[MistakeResult, ...] = ()
    tests: tuple[TestResult, ...] = ()

    @property
    def open_points(self) -> int:
        """Points that are neither got nor lost: those of an undecided task."""
        return self.max_points - self.points if self.state == "undecided" else 0


@dataclass(frozen=True, slots=True)
class ExerciseResult:
    """One exercise.

    Attributes:
        slug: Name of its folder.
        title: One line.
        state: One of `STATES`.
        points: Points got.
        max_points: Points that it is worth.
        seconds: How long its tests took together.
        error: Why its tests could not run; empty if they could.
        tasks: In the order of the lesson.
    """

    slug: str
    title: str
    state: State
    points: int
    max_points: int
    seconds: float = 0.0
    error: str = ""
    tasks: tuple[TaskResult, ...] = ()

    @property
    def open_points(self) -> int:
        """Points that are neither got nor lost."""
        return sum(task.open_points for task in self.tasks)


@dataclass(frozen=True, slots=True)
class Results:
    """Everything that one run was worth.

    Attributes:
        submission: Folder that was graded, as it was given; empty if the stubs beside the tests were.
        seed: Seed of every schedule and input.
        started: When, as ISO 8601 with the zone: ``2026-01-31T12:00:00+00:00``.
        seconds: How long the run took.
        machine: Where it ran: plain data, for people to read.
        promises: What the run vouches for (and what it does not), each as one sentence.
        points: Points got.
        max_points: Points that could be got.
        exercises: In the order of the course.
    """

    submission: str
    seed: int
    started: str
    seconds: float
    points: int
    max_points: int
    machine: Mapping[str, Any] = field(default_factory=dict)
    promises: tuple[str, ...] = ()
    exercises: tuple[ExerciseResult, ...] = ()

    @property
    def open_points(self) -> int:
        """Points that are neither got nor lost."""
        return sum(exercise.open_points for exercise in self.exercises)

    def to_dict(self) -> dict[str, Any]:
        """Give plain data, in the layout of the results file."""
        return {"schema": SCHEMA, **dataclasses.asdict(self)}

    def to_json(self) -> str:
        """Give the text of the results file.

        Only ASCII is written, so that text printed by a submission cannot make the file unreadable.

        Raises:
            ParlabError: `machine` holds something that JSON cannot say.
        """
        try:
            return json.dumps(self.to_dict(), indent=2, allow_nan=False) + "\n"
        except (TypeError, ValueError) as error:
            raise ParlabError(f"the results cannot be written as JSON: {error}") from error

    def write(self, path: Path) -> None:
        """Write the results file: as a whole or not at all.

        Raises:
            UsageError: The file's folder does not exist, is not a folder or must not be written to.
            ParlabError: The system failed to write, for example because the disk is full.
        """
        files.write_whole(path, self.to_json(), what="the results")

    @classmethod
    def from_dict(cls, data: object, *, source: str = "the results") -> Results:
        """Make it from plain data.

        Raises:
            UsageError: The data are not a results file of this version; `source` names them in the text.
        """
        from pytest_parlab.grading import reading  # noqa: PLC0415 - it needs the classes above

        return reading.results(data, source)

    @classmethod
    def from_json(cls, text: str, *, source: str = "the results") -> Results:
        """Make it from the text of a results file.

        Raises:
            UsageError: It is not a results file of this version; `source` names it in the text.
        """
        try:
            data = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise UsageError(f"{source}: is not JSON ({error}); give a file written by --parlab-results") from error
        return cls.from_dict(data, source=source)

    @classmethod
    def read(cls, path: Path) -> Results:
        """Read a results file.

        Raises:
            UsageError: The file cannot be read, or is not a results file of this version.
        """
        return cls.from_json(files.text_of(path, made_by=f"pytest --parlab-results={path}"), source=str(path))
