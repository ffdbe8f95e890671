"""The `parlab` command: what it prints for each word, and its exit status."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_parlab import __version__
from pytest_parlab.cli import main
from pytest_parlab.grading.results import ExerciseResult, Results, TaskResult
from pytest_parlab.report.pages import page

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    Parlab: TypeAlias = Callable[..., tuple[int, str, str]]

ROOT = Path(__file__).parents[3]

EXERCISE = """\
schema = 1
title = "{title}"
concept = "One thing."
seconds = 60

[[task]]
id = 1
title = "First"
points = 4
hints = ["Look at the loop.", "Two loops, not one."]

[[task]]
id = 2
title = "Second"
points = 4
hints = ["Only hint."]
"""


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A course of two exercises, in the folder where the command looks for it."""
    for slug, title in (("01_start_join", "Start and join"), ("02_pool_map", "Pools")):
        folder = tmp_path / "exercises" / slug
        folder.mkdir(parents=True)
        (folder / "exercise.toml").write_text(EXERCISE.format(title=title), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def parlab(capsys: pytest.CaptureFixture[str]) -> Parlab:
    """Runs the command: exit status, output, errors."""

    def run(*words: str) -> tuple[int, str, str]:
        try:
            status = main(words)
        except SystemExit as end:  # how argparse ends
            status = int(end.code or 0)
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return run


# explain


def test_explain_prints_the_page(parlab: Parlab) -> None:
    assert parlab("explain", "pl201") == (0, page("PL201"), "")


def test_explain_alone_lists_every_code(parlab: Parlab) -> None:
    status, out, _ = parlab("explain")
    assert status == 0
    assert out.startswith(
        "Classic mistakes. `parlab explain CODE` explains those marked with *.\n\nStarting and joining"
    )
    assert "\n * PL201  unlocked read-modify-write of shared memory\n" in out
    assert "\n   PL207  sleep used as synchronisation  (name only)\n" in out
    assert out.endswith("\n\nEvery graded run looks for those that are not marked `name only`.\n")


def test_explain_says_when_there_is_no_page(parlab: Parlab) -> None:
    status, out, _ = parlab("explain", "PL207")
    assert status == 0
    assert out == (
        "PL207 sleep used as synchronisation\n\n"
        "It has a name and no page yet. `parlab explain` lists those that have one.\n"
    )


def test_explain_suggests_the_nearest_code(parlab: Parlab) -> None:
    status, out, err = parlab("explain", "PL409")
    assert (status, out) == (2, "")
    assert err.startswith("parlab: There is no mistake 'PL409': did you mean PL408 or PL407 or PL406?")


# hint


@pytest.mark.usefixtures("course")
@pytest.mark.parametrize("address", ["01.1", "1.1", "start_join.1", "01_start_join.1"])
def test_hint_shows_one_hint_and_the_way_to_the_next(parlab: Parlab, address: str) -> None:
    status, out, _ = parlab("hint", address)
    assert status == 0
    assert out == (
        "Exercise 01, Start and join. Task 1: First\n\nHint 1 of 2: Look at the loop.\n\n"
        "Still stuck? parlab hint 01.1 2\n"
    )


@pytest.mark.usefixtures("course")
def test_the_last_hint_names_the_lesson(parlab: Parlab) -> None:
    lesson = Path("exercises/01_start_join/README.md")
    status, out, _ = parlab("hint", "01.1", "2")
    assert status == 0
    assert out == (
        "Exercise 01, Start and join. Task 1: First\n\nHint 2 of 2: Two loops, not one.\n\n"
        f"That was the last hint. The lesson is {lesson}\n"
    )


def test_hint_names_another_folder_in_the_next_command(parlab: Parlab, course: Path) -> None:
    (course / "exercises").rename(course / "my course")
    _, out, _ = parlab("hint", "01.1", "--exercises", "my course")
    assert out.endswith('\nStill stuck? parlab hint 01.1 2 --exercises "my course"\n')


@pytest.mark.usefixtures("course")
def test_hint_alone_lists_every_task(parlab: Parlab) -> None:
    assert parlab("hint") == (0, f"Tasks with hints:\n{TASKS}", "")


TASKS = "  01.1  Start and join: First\n  01.2  Start and join: Second\n  02.1  Pools: First\n  02.2  Pools: Second\n"


@pytest.mark.usefixtures("course")
@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["09.1"], f"parlab: there is no exercise '09'. There are:\n{TASKS}"),
        (
            ["pools"],
            "parlab: 'pools' names no task; write the exercise, a dot and the task, such as 01.1. There are:\n"
            + TASKS,
        ),
        (["02.7"], "parlab: exercise 02 has no task '7'. There are:\n  02.1  Pools: First\n  02.2  Pools: Second\n"),
        (
            ["02.2", "3"],
            "parlab: task 02.2 has 1 hint, so there is no hint 3; `parlab hint 02.2 1` shows the first\n",
        ),
        (
            ["02.2", "0"],
            "parlab: task 02.2 has 1 hint, so there is no hint 0; `parlab hint 02.2 1` shows the first\n",
        ),
        (
            ["02.2", "--exercises", "nowhere"],
            "parlab: nowhere: there is no such folder; give the folder that holds the exercises\n",
        ),
    ],
)
def test_hint_says_what_there_is(parlab: Parlab, words: list[str], text: str) -> None:
    assert parlab("hint", *words) == (2, "", text)


def test_a_hint_number_is_a_number(parlab: Parlab) -> None:
    status, _, err = parlab("hint", "02.1", "next")
    assert status == 2
    assert err.endswith("parlab hint: error: argument N: invalid int value: 'next'\n")


# show


def test_show_renders_a_results_file(parlab: Parlab, tmp_path: Path) -> None:
    task = TaskResult(1, "First", "passed", 4, 4)
    exercise = ExerciseResult("01_start_join", "Start and join", "passed", 4, 4, tasks=(task,))
    file = tmp_path / "results.json"
    Results("solutions", 7, "2026-01-31T12:00:00+00:00", 1.0, 4, 4, exercises=(exercise,)).write(file)
    status, out, _ = parlab("show", str(file))
    assert status == 0
    assert out.startswith(
        "Graded: solutions, 2026-01-31T12:00:00+00:00, seed 7\n\n01  Start and join  4 of 4  passed\n"
    )
    assert out.endswith("Everything is passed.\n")


def test_show_names_the_stubs(parlab: Parlab, tmp_path: Path) -> None:
    file = tmp_path / "results.json"
    Results("", 7, "2026-01-31T12:00:00+00:00", 1.0, 0, 0).write(file)
    _, out, _ = parlab("show", str(file))
    assert out == ("Graded: the exercises' own stubs, 2026-01-31T12:00:00+00:00, seed 7\n\nNo exercise was graded.\n")


def test_show_says_what_is_wrong_with_a_file(parlab: Parlab, tmp_path: Path) -> None:
    missing = tmp_path / "none.json"
    status, out, err = parlab("show", str(missing))
    assert (status, out) == (2, "")
    assert err.startswith(f"parlab: {missing}: there is no such file")
    missing.write_text("{", encoding="utf-8")
    status, _, err = parlab("show", str(missing))
    assert status == 2
    assert err.startswith(f"parlab: {missing}: is not JSON")


# the command itself


@pytest.mark.parametrize("words", [[], ["frob"], ["explain", "PL101", "PL102"], ["show"]])
def test_bad_words_give_the_usage_and_status_2(parlab: Parlab, words: list[str]) -> None:
    status, out, err = parlab(*words)
    assert (status, out) == (2, "")
    assert err.startswith("usage: parlab")


def test_help_and_version_are_no_errors(parlab: Parlab) -> None:
    status, out, _ = parlab("--help")
    assert status == 0
    assert "say what this machine can measure" in out
    assert parlab("--version") == (0, f"pytest-parlab {__version__}\n", "")


def test_a_reader_that_leaves_early_is_no_error() -> None:
    code = "import sys; from pytest_parlab.cli import main; sys.exit(main(['explain']))"
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0


def test_the_command_imports_nothing_heavy_for_a_hint() -> None:
    code = (
        "import sys; from pytest_parlab.cli import main; main(['explain', 'PL101']);"
        "sys.exit(bool({'pytest', 'psutil', 'rich', 'multiprocessing'} & set(sys.modules)))"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.DEVNULL, check=True)
