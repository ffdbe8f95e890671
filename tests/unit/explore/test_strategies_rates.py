"""The portfolio finds the bugs of the benchmark that others are measured with, and finds them soon."""

from __future__ import annotations

import pytest

from pytest_parlab.explore.strategies.portfolio import Portfolio
from tests.unit.explore import rates
from tests.unit.explore.sctbench import PROGRAMS
from tests.unit.explore.simulator import explore

TRIALS, LIMIT = 5, 1_000
SMALL = sorted(set(PROGRAMS) - {"twostage_100"})
"""The largest takes seconds a trial."""


def test_the_portfolio_needs_ten_schedules_in_the_geometric_mean_and_misses_nothing() -> None:
    found = {name: rates.rate(name, Portfolio, TRIALS, LIMIT) for name in SMALL}
    assert {name: rate.missed for name, rate in found.items() if rate.missed} == {}
    assert rates.geometric_mean(rate.mean for rate in found.values()) < 10


def test_the_variations_make_surw_better_where_many_processes_do_the_same() -> None:
    """Twenty processes in two groups: the one that looks is drawn as often as all that write together."""
    published, varied = (
        rates.rate("reorder_10", make, 40, LIMIT).mean
        for make in (rates.published_surw, rates.STRATEGIES["SURW varied"])
    )
    assert varied < 0.75 * published


@pytest.mark.parametrize("name", ["phase01", "sync01", "sync02"])
def test_bugs_of_every_schedule_are_found_in_the_first(name: str) -> None:
    ((_, outcome),) = explore(PROGRAMS[name](), Portfolio(), 1)
    assert outcome.deadlock


def test_the_table_names_each_strategy_and_each_program(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rates, "PROGRAMS", {name: PROGRAMS[name] for name in ("deadlock01", "phase01")})
    rates.main(2, 100)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "mean of 2 trials, at most 100 schedules each; (n) did not find it in n trials"
    assert lines[1].split()[:2] == ["random", "PCT"]
    assert lines[2].startswith("deadlock01 ")
    assert lines[2].endswith("   3, 13, 4, 2")
    assert lines[3].split() == ["phase01"] + ["1.0"] * 7
    assert lines[4].startswith("geometric mean")
