"""One run of a course in which nearly everything is wrong: each exercise gets its own message, none stops another."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from tests.plugin.courses import RIGHT, Run, hand_in, make_exercise, run, write

SHORT_S = 2
"""Deadline of the exercises whose submission never ends."""
BAD: dict[str, tuple[str | bytes, str, str]] = {
    "syntax": ("def double(number:\n    return 4\n", "error", "your code raised SyntaxError: '(' was never closed"),
    "indented": ("def double(number):\nreturn 4\n", "error", "your code raised IndentationError: expected an"),
    "encoding": (b'x = "\xe4"\n', "error", "your code raised SyntaxError: (unicode error) 'utf-8' codec"),
    "imports": ("import no_such_module\n", "error", "your code raised ModuleNotFoundError: No module named"),
    "ends": ("import sys\nsys.exit(0)\n", "error", "your code raised SystemExit: 0"),
    "ends_hard": ("import os\nos._exit(0)\n", "error", "the process that runs your code ended with exit code 0"),
    "loops_first": ("while True:\n    pass\n", "error", "while it was being imported did not answer within 2 s."),
    "too_large": ("# " + "x" * 2**20, "error", "is larger than 1024 KiB and was not loaded."),
    "no_function": ("def treble(n):\n    return 6\n", "failed", "has no function 'double'; it has treble."),
    "no_callable": ("double = 4\n", "failed", "has no function 'double'"),
    "signature": ("def double():\n    return 4\n", "failed", "double() cannot be called as the exercise asks"),
    "wrong": ("def double(n):\n    return 5\n", "failed", "assert 5 == 4"),
    "raises": ("def double(n):\n    return {}[n]\n", "failed", "your code raised KeyError: 2"),
    "exits": ("import sys\ndef double(n):\n    sys.exit(4)\n", "failed", "your code raised SystemExit: 4"),
    "exits_hard": ("import os\ndef double(n):\n    os._exit(0)\n", "failed", "ended with exit code 0 before it gave"),
    "loops": ("def double(n):\n    while True:\n        pass\n", "error", "double did not answer within 2 s."),
    "prints": ("def double(n):\n    while True:\n        print('x' * 10**6)\n", "error", "printed more than 16 MiB"),
    "asks": ("def double(n):\n    return int(input('number? '))\n", "failed", "your code raised EOFError: EOF when"),
    "no_data": (
        "def double(n):\n    return range(n)\n",
        "failed",
        "the result is of type range, and only plain data",
    ),
    "agrees": (
        "class Four:\n    def __eq__(self, other):\n        return True\ndef double(n):\n    return Four()\n",
        "failed",
        "the result is of type agrees.Four",
    ),
    "nothing": ("def double(n):\n    pass\n", "failed", "assert None == 4"),
    "patches": (
        "import pytest\npytest.Function.runtest = lambda self: 0\ndef double(n):\n    return 0\n",
        "failed",
        "assert 0 == 4",
    ),
}
GOOD: dict[str, str] = {
    "right": RIGHT,
    "wanders": "import os\nos.chdir('/')\n" + RIGHT,
    "talks": "print('hello from', __file__)\n" + RIGHT,
    "leaves_thread": "import threading, time\nthreading.Thread(target=time.sleep, args=(600,)).start()\n" + RIGHT,
    "leaves_process": "import subprocess\nsubprocess.Popen(['sleep', '600'], start_new_session=True)\n" + RIGHT,
}
SLUGS = {name: f"{number:02}_{name}" for number, name in enumerate([*BAD, *GOOD, "begun_not", "absent"], start=1)}


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Run:
    root = tmp_path_factory.mktemp("bad")
    for name, slug in SLUGS.items():
        endless = name in ("loops_first", "loops")
        make_exercise(root, slug, seconds=SHORT_S if endless else 60)
        if name == "begun_not":
            hand_in(root, slug, 'def double(number):\n    raise NotImplementedError("task 1: double")\n')
        elif name != "absent":
            hand_in(root, slug, BAD[name][0] if name in BAD else GOOD[name])
    broken = make_exercise(root, "90_broken")
    write(broken / "exercise.toml", "schema = 1\ntitle = 5\n")
    write(root / "handed_in" / "conftest.py", "raise SystemExit(0)\n")
    write(root / "handed_in" / "pytest.ini", "[pytest]\naddopts = --collect-only\n")
    return run(root, "exercises", "--parlab-submission=handed_in", "-v")


@pytest.mark.parametrize("name", BAD)
def test_what_is_wrong_is_said_in_one_clear_message(graded: Run, name: str) -> None:
    _, state, text = BAD[name]
    test = graded.test(SLUGS[name])
    assert text in test.message
    assert test.state == state
    assert graded.exercise(SLUGS[name]).points == 0
    assert "parlab-host-" not in test.message, "the learner's own paths"


@pytest.mark.parametrize("name", [name for name, (_, state, _) in BAD.items() if state == "error"])
def test_what_cannot_be_loaded_or_was_stopped_is_an_error_of_the_exercise(graded: Run, name: str) -> None:
    assert graded.exercise(SLUGS[name]).state == "error"


@pytest.mark.parametrize("name", GOOD)
def test_the_others_are_judged_all_the_same(graded: Run, name: str) -> None:
    assert graded.test(SLUGS[name]).state == "passed"
    assert graded.exercise(SLUGS[name]).points == 2


def test_what_was_not_handed_in_is_said(graded: Run) -> None:
    exercise = graded.exercise(SLUGS["absent"])
    assert exercise.state == "error"
    slug = SLUGS["absent"]
    assert exercise.error == f"Nothing was handed in for {slug}: there is no file handed_in/{slug}/absent.py."


def test_what_was_not_begun_is_not_started(graded: Run) -> None:
    assert graded.exercise(SLUGS["begun_not"]).state == "not-started"


def test_a_broken_exercise_is_named_once_and_costs_the_others_nothing(graded: Run) -> None:
    assert graded.output.count("90_broken: cannot be graded") == 1
    assert "exercise.toml" in graded.output
    assert all(exercise.slug != "90_broken" for exercise in graded.results.exercises)  # type: ignore[union-attr]
    assert "ERROR at setup" not in graded.output


def test_nothing_is_left_running_or_lying_about(graded: Run) -> None:
    assert graded.left == []


def test_the_run_ends_in_order(graded: Run) -> None:
    assert graded.code == 1
    assert "INTERNALERROR" not in graded.output
    assert graded.results is not None
    assert graded.results.points == 2 * len(GOOD)
    assert f"Total: {2 * len(GOOD)} of {2 * len(SLUGS)} points" in graded.output


def test_nobody_gets_a_wall_of_tracebacks(graded: Run) -> None:
    """The problem is shown with the learner's lines only."""
    assert "site-packages" not in graded.output
    assert "pytest_parlab/" not in graded.output
    assert "=== FAILURES" not in graded.output


def test_the_learners_line_is_in_the_message(graded: Run) -> None:
    slug = SLUGS["raises"]
    assert graded.test(slug).message == (
        "your code raised KeyError: 2\n"
        + dedent(
            f"""\
            Traceback (most recent call last):
              File "handed_in/{slug}/raises.py", line 2, in double
                return {{}}[n]
            KeyError: 2"""
        )
    )


def test_what_the_submission_prints_is_captured(graded: Run) -> None:
    slug = SLUGS["talks"]
    assert graded.test(slug).output == f"hello from handed_in/{slug}/talks.py\n"


def test_a_loading_error_is_tried_once_per_exercise(tmp_path: Path) -> None:
    """A module that never ends its import costs its deadline once, not once per test."""

    tests = "".join(
        f"import pytest\n@pytest.mark.parlab_task(1)\ndef test_{n}(submission):\n    submission.double({n})\n"
        for n in range(5)
    )
    make_exercise(tmp_path, "01_lesson", test=tests, seconds=3)
    hand_in(tmp_path, "01_lesson", "while True:\n    pass\n")
    done = run(tmp_path, "exercises", "--parlab-submission=handed_in")
    [task] = done.exercise("01_lesson").tasks
    assert [test.state for test in task.tests] == ["error"] * 5
    assert {test.message.partition("\n")[0] for test in task.tests} == {task.tests[0].message.partition("\n")[0]}
    assert done.left == []
