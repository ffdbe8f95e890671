"""The README keeps its word: its examples run, its table of settings is the plugin's own, its commands are CI's."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from pytest_parlab.plugin.options import table

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
FENCES = re.findall(r"^```(\w*)\n(.*?)^```", README, flags=re.MULTILINE | re.DOTALL)
BLOCKS = [text for language, text in FENCES if language == "python"]
COMMANDS = [text for language, text in FENCES if not language]


def block_with(text: str) -> str:
    [block] = [block for block in BLOCKS if text in block]
    return str(block)


def run_tests(folder: Path, source: str, *options: str) -> subprocess.CompletedProcess[str]:
    (folder / "test_readme_example.py").write_text(source, encoding="utf-8")
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options, str(folder)],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_the_first_example_fails_with_the_race_that_the_readme_shows(tmp_path: Path) -> None:
    """What a reader sees first is what the tool says."""
    ran = run_tests(tmp_path, block_with("test_no_deposit_is_lost"))
    assert ran.returncode == 1, ran.stdout
    shown = next(command for command in COMMANDS if "lost-update" in command)
    line = next(line for line in shown.splitlines() if "takes the Value's own lock twice" in line)
    assert line.strip() in ran.stdout
    assert "lost-update on total" in ran.stdout


def test_the_example_of_every_schedule_fails_with_the_picture_that_the_readme_shows(tmp_path: Path) -> None:
    """Line by line, but for how it was searched."""
    ran = run_tests(tmp_path, block_with("test_no_schedule_loses_an_update"))
    assert ran.returncode == 1, ran.stdout
    shown = next(command for command in COMMANDS if "4 of 6 schedules lose an update" in command)
    said = [line.split() for line in ran.stdout.replace("readme_example.py", "counting.py").splitlines()]
    searched = ("count_to(2): 4 of 6 schedules lose an update.", "  Found in schedule", "  Replay: ")
    told = [line for line in shown.splitlines() if not line.startswith(searched)]
    assert [line for line in told if line.split() not in said] == []
    assert all(start in ran.stdout for start in searched)


@pytest.mark.parametrize("name", ["test_square_uses_both_workers", "test_everything_arrives"])
def test_an_example_of_a_fixture_passes(tmp_path: Path, name: str) -> None:
    """A reader who copies it sees green."""
    ran = run_tests(tmp_path, block_with(name))
    assert ran.returncode == 0, ran.stdout


def test_the_example_of_a_speedup_is_never_judged_wrong(tmp_path: Path) -> None:
    """Parallelism is proved without a clock; the speedup may be undecided on a machine that is too busy."""
    source = block_with("test_cubes_are_faster_on_two_cores")
    ran = run_tests(tmp_path, source, "-k", "computed_in_two_processes")
    assert ran.returncode == 0, ran.stdout
    compile(source, "README.md", "exec")


def test_the_table_of_settings_is_the_plugins_own() -> None:
    """One wording for option, ini key and README."""
    assert table() in README


def test_both_commands_make_their_own_environment_in_one_line() -> None:
    """From an empty clone, with nothing but Python and its venv module."""
    commands = [command.strip() for command in COMMANDS if command.startswith("python3 -m venv")]
    assert len(commands) == 2
    assert all("\n" not in command for command in commands)
    assert commands[0].endswith("pytest exercises/ --parlab-submission=solutions")


def test_ci_runs_the_command_under_run_the_tests() -> None:
    """What CI passes is what the README says."""
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "/^## Run the tests/" in script
    section = README.split("## Run the tests", 1)[1]
    assert section.split("```")[1].strip().endswith(".venv/bin/pytest")
