"""Small courses that a test writes, and runs of pytest on them, looked at from outside."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

from pytest_parlab.grading.results import ExerciseResult, Results, TestResult
from pytest_parlab.sandbox.clearing import marked
from pytest_parlab.trace.session import SHARED_MEMORY

LONGEST_S = 200
TEST = """
    import pytest

    @pytest.mark.parlab_task(1)
    def test_double(submission):
        assert submission.double(2) == 4
"""
STUB = """
    def double(number):
        raise NotImplementedError("task 1: double")  # TODO(task 1)
"""
RIGHT = "def double(number):\n    return 2 * number\n"


def write(path: Path, text: str | bytes) -> Path:
    """Write a file, its folders too."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else dedent(text).encode())
    return path


def make_exercise(
    root: Path,
    slug: str,
    *,
    test: str = TEST,
    stub: str | bytes = STUB,
    scenarios: str = "",
    seconds: int = 60,
    tasks: int = 1,
) -> Path:
    """Write an exercise with tasks of 2 points each into ``root/exercises``."""
    folder = root / "exercises" / slug
    module = slug.partition("_")[2]
    facts = f'schema = 1\ntitle = "About {module}"\nconcept = "c"\nafter = []\nseconds = {seconds}\ncores = 1\n'
    for number in range(1, tasks + 1):
        facts += f'[[task]]\nid = {number}\ntitle = "Task {number}"\npoints = 2\nhints = ["one hint", "two hints"]\n'
    write(folder / "exercise.toml", facts)
    write(folder / f"test_{module}.py", test)
    write(folder / f"{module}.py", stub)
    if scenarios:
        write(folder / "scenarios.py", scenarios)
    return folder


def hand_in(root: Path, slug: str, source: str | bytes) -> Path:
    """Write a module into the submission."""
    return write(root / "handed_in" / slug / f"{slug.partition('_')[2]}.py", source)


@dataclass(frozen=True)
class Run:
    """What a run of pytest did, and what it left."""

    __test__ = False

    code: int
    output: str
    results: Results | None
    left: Sequence[str]

    def exercise(self, slug: str) -> ExerciseResult:
        assert self.results is not None, self.output
        return next(one for one in self.results.exercises if one.slug == slug)

    def test(self, slug: str) -> TestResult:
        """The only test of an exercise."""
        [task] = self.exercise(slug).tasks
        [test] = task.tests
        return test

    def points(self) -> dict[str, int]:
        assert self.results is not None, self.output
        return {exercise.slug: exercise.points for exercise in self.results.exercises}


def environment(**more: str) -> dict[str, str]:
    """This process's environment without settings of pytest and of ours."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PARLAB_", "PYTEST_"))}
    return kept | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"} | more


def command(*arguments: str) -> list[str]:
    """Pytest as its own process, with the plugins that it needs and no configuration of the project's."""
    plugins = ["-p", "parlab", "-p", "xdist"] if "-n" in arguments else ["-p", "parlab"]
    return [sys.executable, "-m", "pytest", "-c", os.devnull, "--rootdir=.", *plugins, *arguments]


def left_by(pid: int, temporary: Path) -> list[str]:
    """Processes, folders and shared memory that a run has left, whose temporary folder nobody else has."""
    found = [str(process) for process in marked(str(temporary))]
    if temporary.exists():
        found += [path.name for path in temporary.iterdir() if not path.name.startswith("pytest-of-")]
    if SHARED_MEMORY.is_dir():
        found += [str(path) for path in SHARED_MEMORY.glob(f"parlab-*{pid}-*")]
    return found


def run(root: Path, *arguments: str, **more: str) -> Run:
    """Run pytest in a folder as a process of its own, with a results file."""
    temporary, file = root / "t", root / "results.json"
    temporary.mkdir(exist_ok=True)
    file.unlink(missing_ok=True)
    if not any(argument.startswith("--parlab-results") for argument in arguments):
        arguments = (*arguments, f"--parlab-results={file}")
    with subprocess.Popen(
        command(*arguments),
        cwd=root,
        env=environment(TMPDIR=str(temporary), **more),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as running:
        output, _ = running.communicate(timeout=LONGEST_S)
    results = Results.read(file) if file.exists() else None
    return Run(running.returncode, output, results, left_by(running.pid, temporary))
