"""A function that does something else each time is neither explored for ever nor said to be exhausted."""

from __future__ import annotations

import multiprocessing
import random
from typing import Any

from pytest_parlab.explore.exploring import explore
from pytest_parlab.explore.strategies.portfolio import Portfolio
from pytest_parlab.explore.strategies.protocol import WORDS
from tests.explore.litmus import PATIENCE_S, together


def _write_by_chance(value: Any) -> None:
    if random.SystemRandom().random() < 1 / 2:
        value.value = 1
    value.value += 1


def by_chance(context: Any) -> int:
    value = context.Value("i", 0)
    together(*(context.Process(target=_write_by_chance, args=(value,)) for _ in range(2)))
    return int(value.value)


def test_a_search_by_chance_comes_to_an_end_and_claims_nothing() -> None:
    context = multiprocessing.get_context("fork")
    found = explore(by_chance, context, schedules=30, seconds=PATIENCE_S)
    assert not found.exhausted
    assert found.schedules <= 30


def test_other_strategies_go_on_where_the_exhaustive_one_gives_up() -> None:
    portfolio, words = Portfolio(), memoryview(bytearray(8 * WORDS)).cast("Q")
    portfolio._small = True
    portfolio.exhaustive.diverged = 1
    assert portfolio.begin(words, random.Random(1))
    assert portfolio.active is not portfolio.exhaustive
