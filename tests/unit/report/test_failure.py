"""The first problem in full, on one screen."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pytest_parlab.grading.results import MistakeResult
from pytest_parlab.report.failure import SCREEN, failure
from tests.unit.report.expected import expected

JOIN = MistakeResult(
    "PL101",
    "start and join in the same loop: one after another",
    "start_join.py",
    12,
    "Process-2 was started 1 ms after Process-1 had ended; 3 processes, at most 1 at once.",
)
CODES = MistakeResult("PL103", "a child failed and nobody looked at its exit code", None, None, "Exit code 1.")
STAIRS = """
Process-1 [###]
Process-2      [###]
"""
TITLE = "01.2 They run at the same time: failed"
WHOLE: dict[str, Any] = {
    "picture": STAIRS,
    "hint": "Two loops: the first one only starts, the second one only joins.",
    "hint_command": "parlab hint 01.2",
    "rerun": "pytest exercises/01_start_join/test_start_join.py::test_together",
    "assertion": "assert 1 == 3\n  at most 1 at once",
}


def test_the_mistake_leads_and_the_assertion_closes() -> None:
    assert failure(TITLE, mistakes=[JOIN, CODES, JOIN], **WHOLE) == expected("""
        01.2 They run at the same time: failed

        PL101 start and join in the same loop: one after another, at start_join.py:12
          Process-2 was started 1 ms after Process-1 had ended; 3 processes, at most 1
          at once.
          Also found: PL103 a child failed and nobody looked at its exit code
          More about it: parlab explain PL101

        Process-1 [###]
        Process-2      [###]

        Hint: Two loops: the first one only starts, the second one only joins.
        More hints: parlab hint 01.2
        Run again: pytest exercises/01_start_join/test_start_join.py::test_together

        assert 1 == 3
          at most 1 at once
    """)


def test_without_a_mistake_the_assertion_stands_alone() -> None:
    assert failure(TITLE, assertion="assert [1, 8] == [1, 9]") == expected("""
        01.2 They run at the same time: failed

        assert [1, 8] == [1, 9]
    """)


def test_a_hint_may_be_asked_for_by_command_only() -> None:
    assert failure(TITLE, mistakes=[CODES], hint_command="parlab hint 01.2", rerun="pytest --lf") == expected("""
        01.2 They run at the same time: failed

        PL103 a child failed and nobody looked at its exit code
          Exit code 1.
          More about it: parlab explain PL103

        Hint: parlab hint 01.2
        Run again: pytest --lf
    """)


def test_only_a_title() -> None:
    assert failure(TITLE) == TITLE


LONG = "\n".join(f"line {n}" for n in range(100))


def test_a_long_assertion_is_cut_at_its_end() -> None:
    lines = failure(TITLE, assertion=LONG).split("\n")
    assert lines[2] == "line 0"
    assert lines[-1] == "... 65 more lines"
    assert len(lines) <= SCREEN


def test_a_high_picture_leaves_room_for_the_assertion() -> None:
    lines = failure(TITLE, mistakes=[JOIN], picture=LONG, assertion=LONG, rerun="pytest --lf").split("\n")
    assert len(lines) <= SCREEN
    assert lines[lines.index("Run again: pytest --lf") - 2] == "... 77 more lines"
    assert lines[-7:] == ["", "line 0", "line 1", "line 2", "line 3", "line 4", "... 95 more lines"]


def test_a_picture_that_fits_is_not_cut_for_a_short_assertion() -> None:
    text = failure(TITLE, picture="\n".join("#" * 20), assertion="assert False")
    assert text.count("#") == 20


@pytest.mark.parametrize("name", ["picture", "hint", "assertion"])
def test_everything_together_is_one_screen(name: str) -> None:
    wordy = replace(JOIN, title="word " * 50, message="word " * 1000)
    text = failure("word " * 200, mistakes=[wordy] * 9, **{**WHOLE, name: "word\n" * 1000})
    assert len(text.split("\n")) <= SCREEN


def test_text_from_outside_cannot_steer_the_terminal() -> None:
    text = failure("t", mistakes=[replace(JOIN, message="\x1b[2J")], assertion="\x1b[32m1 passed\r\u202e ü \ud800")
    assert r"\x1b[2J" in text
    assert r"\x1b[32m1 passed\r\u202e \xfc \ud800" in text
    assert text.isascii()


def test_code_keeps_its_indentation() -> None:
    assert failure("t", assertion="for n in x:\n    f(n)\n        g(n)").endswith(
        "for n in x:\n    f(n)\n        g(n)"
    )
