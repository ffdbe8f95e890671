"""Runs the course's own tests in a process of their own, and reads what they were worth."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

from pytest_parlab.grading.results import Results
from tests.course.places import EXERCISES, ROOT

if TYPE_CHECKING:
    from pathlib import Path

LONGEST_S = 200

NOT_TIMED = "not faster"
"""As pytest's -k understands it: everything but the speedups, which a busy machine may leave undecided."""


def graded(folder: Path, *arguments: str, exercise: str = "") -> Results:
    """Run the tests of an exercise, or of all, and return the results file.

    Args:
        folder: Empty folder for the results and for pytest's temporary files.
        arguments: Further arguments for pytest.
        exercise: Its slug; empty for the whole course.
    """
    results = folder / "results.json"
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("PARLAB_", "PYTEST_"))}
    if "PARLAB_CACHE" in os.environ:
        environment["PARLAB_CACHE"] = os.environ["PARLAB_CACHE"]
    command = [sys.executable, "-m", "pytest", str(EXERCISES / exercise), f"--parlab-results={results}"]
    quiet = ["-q", "-p", "no:cacheprovider", f"--basetemp={folder / 'temporary'}"]
    done = subprocess.run(
        [*command, *quiet, *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=LONGEST_S,
        check=False,
    )
    assert results.is_file(), f"no results were written\n{done.stdout}\n{done.stderr}"
    return Results.read(results)


def submitted(folder: Path, kept: Path) -> Path:
    """Lay out one kept module as a submission of its exercise alone; `kept` is NN_slug/name."""
    slug = kept.parent.name
    target = folder / "submission" / slug
    target.mkdir(parents=True)
    shutil.copy(kept / f"{slug[3:]}.py", target)
    return target.parent
