"""The detectors on recordings of real programs: each mistake is named at its line, and the twins stay unnamed."""

from __future__ import annotations

import multiprocessing
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_parlab.analysis.mistakes import Mistake, Question, find
from pytest_parlab.instrument import watching
from tests.unit.analysis.mistakes import programs

if TYPE_CHECKING:
    from collections.abc import Iterator

SOURCE = Path(programs.__file__).read_text(encoding="utf-8")
BUGS = re.findall(r"^def (bug_\w+)", SOURCE, re.MULTILINE)
RIGHT = re.findall(r"^def (ok_\w+)", SOURCE, re.MULTILINE)
METHODS = [method for method in ("fork", "spawn") if method in multiprocessing.get_all_start_methods()]

EXPECTED = {
    "bug_start_and_join_in_one_loop": "PL101",
    "bug_never_joined": "PL102",
    "bug_join_given_up": "PL102",
    "bug_target_called": "PL104",
    "bug_failure_not_looked_at": "PL103",
    "bug_unlocked": "PL201",
    "bug_own_lock": "PL202",
    "bug_lock_around_everything": "PL203",
    "bug_a_lock_made_for_each": "PL202",
    "bug_two_locks": "PL204",
    "bug_not_released": "PL205",
    "bug_copy_changed": "PL206",
    "bug_pool_in_a_loop": "PL401",
    "bug_result_right_after_submit": "PL402",
    "bug_apply_in_a_loop": "PL402",
    "bug_one_giant_chunk": "PL405",
    "bug_pool_of_one": "PL405",
    "bug_pool_left_open": "PL407",
    "bug_error_never_asked_for": "PL408",
    "bug_error_swallowed": "PL408",
    "bug_more_than_asked": "PL503",
}


@pytest.fixture(autouse=True)
def _nothing_left() -> Iterator[None]:
    yield
    programs.end_what_is_left()


def mistakes_of(name: str, method: str) -> tuple[Mistake, ...]:
    with watching() as watch:
        getattr(programs, name)(multiprocessing.get_context(method))
    question = Question(
        workers=2 if "pool_of_one" in name or "more_than_asked" in name else None,
        user_paths=(programs.__file__,),
        expected_errors="error" in name,
        sources={programs.__file__: SOURCE},
    )
    return find(watch.trace, question)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", BUGS)
def test_a_mistake_in_a_real_program_is_named_at_its_line(name: str, method: str) -> None:
    mistakes = mistakes_of(name, method)
    code = EXPECTED[name]
    found = [mistake for mistake in mistakes if mistake.code == code]
    assert found, mistakes
    line = SOURCE.splitlines()[(found[0].line or 0) - 1]
    assert f"# {code}" in line


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", RIGHT)
def test_a_right_program_stays_unnamed(name: str, method: str) -> None:
    mistakes = mistakes_of(name, method)
    if name == "ok_released_in_spite_of_an_error":
        mistakes = tuple(one for one in mistakes if one.code == "PL205")
    assert mistakes == ()
