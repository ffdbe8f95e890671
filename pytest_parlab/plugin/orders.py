"""Which module is to be graded for an exercise: the stub beside its tests, or the one in the submission."""

from __future__ import annotations

import os
from pathlib import Path

from pytest_parlab.errors import SubmissionError
from pytest_parlab.grading.exercises import Exercise
from pytest_parlab.plugin.options import Settings
from pytest_parlab.sandbox.order import Order

SIZE_LIMIT = 1024 * 1024
"""Bytes of a module; what a person writes for an exercise takes some kilobytes."""


def candidates(exercise: Exercise, submission: Path | None) -> tuple[Path, ...]:
    """Where the module may lie: in a folder named like the exercise, or flat."""
    name = f"{exercise.module}.py"
    if submission is None:
        return (exercise.directory / name,)
    return (submission / exercise.slug / name, submission / name)


def order_for(exercise: Exercise, settings: Settings, *, root: Path, start_method: str = "") -> Order:
    """What a host is to load for an exercise.

    Args:
        exercise: The exercise.
        settings: Of the run.
        root: Where pytest was called: paths are shown as seen from there.
        start_method: How the host starts processes; empty for the system's default.

    Raises:
        SubmissionError: The module is not there, or is no file that can be loaded.
    """
    places = candidates(exercise, settings.submission)
    try:
        module = next((place for place in places if place.is_file()), None)
        size = 0 if module is None else module.stat().st_size
    except OSError as error:
        raise _not_loaded(f"{shown(places[0], root)} cannot be read: {error.strerror or error}.") from error
    if module is None:
        raise _not_loaded(f"Nothing was handed in for {exercise.slug}: there is no file {shown(places[0], root)}.")
    if size > SIZE_LIMIT:
        raise _not_loaded(f"{shown(module, root)} is larger than {SIZE_LIMIT // 1024} KiB and was not loaded.")
    scenarios = exercise.directory / "scenarios.py"
    return Order(
        module=module,
        shown=shown(module, root),
        scenarios=scenarios if scenarios.is_file() else None,
        shown_scenarios=shown(scenarios, root),
        start_method=start_method,
    )


def _not_loaded(text: str) -> SubmissionError:
    error = SubmissionError(text)
    error.loading = True
    return error


def shown(path: Path, root: Path) -> str:
    """The path as a person at the command line would write it."""
    try:
        relative = os.path.relpath(path, root)
    except ValueError:  # another drive
        return str(path)
    return str(path) if relative.startswith("..") else relative
