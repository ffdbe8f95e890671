"""The programs that measure the exploration are what they are said to be."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from typing import Any

import pytest

from tests.benchmarks.schedules.table import MENDED, METHODS, PROGRAMS


@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
@pytest.mark.parametrize(("function", "result"), MENDED, ids=[function.__name__ for function, _ in MENDED])
def test_a_mended_program_has_its_result_when_it_runs_freely(
    function: Callable[[Any], Any], result: Any, method: str
) -> None:
    assert function(multiprocessing.get_context(method)) == result


def test_every_mended_program_mends_one_with_a_bug() -> None:
    names = [program.name for program in PROGRAMS]
    assert len(set(names)) == len(names) == 21
    assert {function.__name__ for function, _ in MENDED} < set(names)


def test_a_number_is_given_for_every_method_of_others_or_said_to_be_missing() -> None:
    assert {len(program.published) for program in PROGRAMS} == {len(METHODS)}
