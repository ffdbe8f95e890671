"""Which module is to be graded for an exercise: the stub beside its tests, or the one in the submission."""

from __future__ import annotations

import os
from pathlib import Path

from pytest_parlab.errors import SubmissionError
from pytest_parlab.grading.exercises import Exercise
from pytest_parlab.plugin.options import Settings
from pytest_parlab.sandbox.judge import Order

SIZE_LIMIT = 1024 * 1024
"""Bytes of a module; what a person writes for an exercise takes some kilobytes."""


def candidates(exercise: Exercise, submission: Path | None) -> tuple[Path, ...]:
    """Where the module may lie: in a folder named like the exercise, or flat."""
    name = f"{exercise.module}.py"
    if submission is None:
        return (exercise.directory / name,)
    return (submission / exercise.slug / name, submission / name)


def order_for(exercise: Exercise, settings: Settings, *, root: Path) -> Order:
    """What a host is to load for an exercise.

    Raises:
        SubmissionError: The module is not there, or is no file that can be loaded.
    """
    places = candidates(exercise, settings.submission)
    module = next((place for place in places if place.is_file()), None)
    if module is None:
        error = SubmissionError(
            f"Nothing was handed in for {exercise.slug}: there is no file {_shown(places[0], root)}."
        )
        error.loading = True
        raise error
    if module.stat().st_size > SIZE_LIMIT:
        error = SubmissionError(f"{_shown(module, root)} is larger than {SIZE_LIMIT // 1024} KiB and was not loaded.")
        error.loading = True
        raise error
    scenarios = exercise.directory / "scenarios.py"
    return Order(
        module=module,
        shown=_shown(module, root),
        scenarios=scenarios if scenarios.is_file() else None,
        shown_scenarios=_shown(scenarios, root),
        start_method=settings.start_method,
    )


def _shown(path: Path, root: Path) -> str:
    """The path as a person at the command line would write it."""
    try:
        relative = os.path.relpath(path, root)
    except ValueError:  # another drive
        return str(path)
    return str(path) if relative.startswith("..") else relative
