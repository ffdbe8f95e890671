"""Runs the course's own tests in a process of their own, and reads what they were worth."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

from PIL import Image

from pytest_parlab.grading.results import Results
from pytest_parlab.machine.tree import Watcher, become_subreaper
from tests.course.places import EXERCISES, ROOT, pictures_module

if TYPE_CHECKING:
    from pathlib import Path

LONGEST_S = 200

NOT_TIMED = "not faster"
"""As pytest's -k understands it: everything but the speedups, which a busy machine may leave undecided."""


def graded(folder: Path, *arguments: str, exercise: str = "") -> Results:
    """Run the tests of an exercise, or of all, and return the results file. No process may be left.

    Args:
        folder: Empty folder for the results and for pytest's temporary files.
        arguments: Further arguments for pytest.
        exercise: Its slug; empty for the whole course.
    """
    results = folder / "results.json"
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("PARLAB_", "PYTEST_"))}
    environment["PARLAB_CACHE"] = str(folder / "cache")
    command = [sys.executable, "-m", "pytest", str(EXERCISES / exercise), f"--parlab-results={results}"]
    quiet = ["-q", "-p", "no:cacheprovider", f"--basetemp={folder / 'temporary'}"]
    become_subreaper()
    with Watcher() as watcher:
        done = subprocess.run(
            [*command, *quiet, *arguments],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=LONGEST_S,
            check=False,
        )
        left = watcher.left()
    assert left == (), f"{command} left {left}"
    assert done.returncode in (0, 1), f"{command}\n{done.stdout}\n{done.stderr}"
    return Results.read(results)


def submitted(folder: Path, kept: Path) -> Path:
    """Lay out one kept module as a submission of its exercise alone; `kept` is NN_slug/name."""
    slug = kept.parent.name
    target = folder / "submission" / slug
    target.mkdir(parents=True)
    shutil.copy(kept / f"{slug[3:]}.py", target)
    return target.parent


def small_pictures(folder: Path) -> Path:
    """Fill a folder with four pictures that are quickly done: colour, grey, cut out, and one on its side."""
    pictures = pictures_module("pictures")
    drawn = [picture for picture in pictures.PICTURES if picture.name[:2] in ("01", "04", "05", "06")]
    for picture in drawn:
        image = pictures.draw(picture)
        image.thumbnail((1500, 1500))
        exif = Image.Exif()
        if picture.lying:
            exif[pictures.ORIENTATION_TAG] = pictures.LYING
        image.save(folder / picture.name, exif=exif)
    return folder
