"""Races that a detector suspects are made to happen, and what cannot happen is said not to."""

from __future__ import annotations

import inspect
import linecache
import os
from collections.abc import Callable

import pytest

from pytest_parlab.analysis.races import find_races
from pytest_parlab.analysis.races_model import Race
from pytest_parlab.explore.confirming import REPLAYS, confirm
from pytest_parlab.instrument import watching
from tests.unit.explore import racing

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="the programs are called in forked processes")


def races_of(function: Callable[[], object]) -> tuple[Race, ...]:
    with watching() as watch:
        function()
    return find_races(watch.trace, source=linecache.getline)


def line_of(text: str) -> int:
    lines = inspect.getsource(racing).splitlines()
    return next(number for number, line in enumerate(lines, start=1) if text in line)


@pytest.mark.parametrize(
    ("function", "kind"),
    [
        (racing.counts, "lost-update"),
        (racing.counts_raw, "lost-update"),
        (racing.counts_with_two_locks, "inconsistent-lock"),
    ],
)
def test_a_lost_update_is_made_to_happen_step_by_step(function: Callable[[], object], kind: str) -> None:
    [race] = races_of(function)
    assert race.kind == kind
    [confirmed] = confirm([race], function, replays=3)
    assert (confirmed.status, confirmed.reproduced, confirmed.replays) == ("confirmed", 3, 3)
    assert confirmed.unconfirmed == ""
    assert [(step.action, step.cell_value) for step in confirmed.steps] == [
        ("reads 0", "0"),
        ("reads 0", "0"),
        ("writes 1", "1"),
        ("writes 1", "1"),
    ]
    one, other = race.first.process, race.second.process
    assert [step.process for step in confirmed.steps] in ([one, other, other, one], [other, one, one, other])
    assert [step.note for step in confirmed.steps] == ["", "", "", "step 3 is overwritten"]
    assert {(step.path, step.line) for step in confirmed.steps} == {(race.first.path, race.first.line)}
    assert confirmed.replay.startswith("s1-")


def test_it_is_run_again_as_often_as_the_report_says() -> None:
    [confirmed] = confirm(races_of(racing.counts), racing.counts, seed=1)
    assert (confirmed.status, confirmed.reproduced, confirmed.replays) == ("confirmed", REPLAYS, REPLAYS)


def test_a_result_that_is_read_too_early_is_confirmed_by_both_orders() -> None:
    races = races_of(racing.halves)
    assert [race.kind for race in races] == ["unserialisable", "unserialisable"]
    first, second = confirm(races, racing.halves, replays=2)
    assert (first.status, second.status) == ("confirmed", "confirmed")
    assert [step.action for step in first.steps] == ["reads [0]: 0", "writes [0]: 1"]
    assert [step.note for step in first.steps] == ["", "or before step 1: both orders came about"]
    assert [step.line for step in second.steps] == [line_of("pair[0] + pair[1]"), line_of("pair[1] = -1")]


def test_what_cannot_be_scheduled_stays_possible_with_the_place() -> None:
    races = races_of(racing.counts_beside_a_thread)
    [race] = confirm(races, racing.counts_beside_a_thread)
    assert race.status in ("possible", "observed")
    assert race.unconfirmed.startswith("it starts a thread")
    assert race.unconfirmed.endswith(f"racing.py:{line_of('thread.start()')}")


def test_what_cannot_happen_is_not_confirmed_and_the_reason_is_told() -> None:
    """The race is of another function: in this one a lock keeps the two apart."""
    [race] = confirm(races_of(racing.counts), racing.counts_with_a_lock)
    assert race.status in ("possible", "observed")
    assert race.unconfirmed == "it did not happen under any schedule of this call"
    assert (race.replays, race.replay) == (0, "")


def test_the_time_has_an_end() -> None:
    [race] = confirm(races_of(racing.counts), racing.counts, seconds=0)
    assert race.unconfirmed == "it did not happen in 0 schedules that were run before the time was over"


def test_without_a_race_nothing_is_run() -> None:
    def never() -> None:
        raise AssertionError("it was called")

    assert confirm((), never) == ()
