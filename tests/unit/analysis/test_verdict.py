"""When to stop measuring, and what was shown."""

from __future__ import annotations

import math
import random
from typing import TYPE_CHECKING, TypeAlias

import pytest

from pytest_parlab.analysis import verdict
from pytest_parlab.analysis.verdict import (
    LOOKS,
    Sample,
    interval,
    pairs_needed,
    rule,
    settle,
    sign_evidence,
    student_t,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    Noise: TypeAlias = Callable[[random.Random, float], Sample]

SESSIONS = 400
"""Simulated sessions per truth and kind of noise."""

MOST_WRONG = 0.015


@pytest.mark.parametrize(
    ("look", "bound"), list(zip(LOOKS, (8.58, 5.25, 4.12, 3.58, 3.35, 3.20), strict=True)), ids=str
)
def test_the_bounds_share_one_percent_among_six_looks(look: int, bound: float) -> None:
    assert student_t(1 - 0.01 / 6, look - 1) == pytest.approx(bound, abs=0.006)


@pytest.mark.parametrize(
    ("probability", "freedom", "value"),
    [(0.975, 1, 12.7062), (0.975, 2, 4.3027), (0.95, 4, 2.1318), (0.95, 5, 2.0150), (0.975, 10, 2.2281)],
)
def test_quantiles_agree_with_printed_tables(probability: float, freedom: int, value: float) -> None:
    assert student_t(probability, freedom) == pytest.approx(value, abs=1e-4)


def test_no_tosses_are_no_evidence() -> None:
    assert sign_evidence(0, 0) == 1


def test_nine_wins_in_a_row_are_evidence_at_one_percent() -> None:
    """2^(n+1) / (n+1) (1 - 2^-(n+1)), by hand."""
    assert sign_evidence(9, 0) == pytest.approx(2**10 / 10 * (1 - 2**-10))
    assert sign_evidence(8, 0) < 100 <= sign_evidence(9, 0)


def test_evidence_is_the_integral_over_all_coins_that_favour_wins() -> None:
    steps = 20_000
    coins = [0.5 + (step + 0.5) / steps / 2 for step in range(steps)]
    mean = sum(coin**7 * (1 - coin) ** 2 for coin in coins) / steps
    assert sign_evidence(7, 2) == pytest.approx(2**9 * mean, rel=1e-6)


def test_a_fair_bet_gains_nothing_on_average() -> None:
    """The evidence is a martingale under a fair coin: the mean over one more toss is what was there before."""
    for wins, losses in [(0, 0), (3, 1), (2, 6)]:
        after = (sign_evidence(wins + 1, losses) + sign_evidence(wins, losses + 1)) / 2
        assert after == pytest.approx(sign_evidence(wins, losses))


def test_the_t_bound_is_read_at_the_looks_only() -> None:
    steady = [1.9, 1.91, 1.9, 1.91, 1.9]
    assert settle(steady[:4], above=1.5) == "above"
    assert settle(steady[:5], above=1.5) == "open"
    assert settle(steady[:3], above=1.5) == "open"


def test_signs_decide_where_one_outlier_spoils_the_mean() -> None:
    wild = [1.7] * 13 + [0.001]
    assert settle(wild, above=1.5) == "above"
    assert settle([1 / ratio for ratio in wild], above=1 / 1.5) == "below"


def test_identical_values_have_an_interval_of_no_width() -> None:
    assert list(interval([1.5, 1.5, 1.5])) == pytest.approx([1.5, 1.5])


def test_a_single_value_has_an_endless_interval() -> None:
    assert interval([1.5]) == (0.0, math.inf)


def test_pairs_needed_grow_with_the_square_of_the_spread() -> None:
    narrow, wide = [1.6, 1.7, 1.6, 1.7], [1.5, 1.8, 1.5, 1.8]
    few, many = pairs_needed(narrow, 1.5), pairs_needed(wide, 1.5)
    assert few is not None
    assert many is not None
    assert few < many
    assert pairs_needed([1.5, 1.5], 1.5) is None
    assert pairs_needed([1.5], 1.2) is None


def samples(wall: float, low: float, high: float | None = None, count: int = 4) -> list[Sample]:
    """Pairs with a little spread around the given speedups."""
    upper = low if high is None else high
    return [Sample(wall * wobble, low * wobble, upper * wobble) for wobble in [0.995, 1.005, 1.0, 1.002][:count]]


def test_wall_time_decides_on_a_quiet_machine() -> None:
    ruling = rule(samples(1.9, 1.95), at_least=1.8, trust_wall=True)
    assert (ruling.state, ruling.decided_by, ruling.agree) == ("passed", "wall", True)


def test_replay_decides_beside_neighbours() -> None:
    ruling = rule(samples(1.0, 1.95), at_least=1.5, trust_wall=False)
    assert (ruling.state, ruling.decided_by) == ("passed", "replay")
    assert ruling.value == pytest.approx(1.95, rel=0.01)


def test_replay_inside_the_guard_band_is_undecided() -> None:
    assert rule(samples(1.0, 1.54), at_least=1.5, trust_wall=False).state == "undecided"
    assert rule(samples(1.0, 1.62), at_least=1.5, trust_wall=False).state == "passed"
    assert rule(samples(1.0, 1.45), at_least=1.5, trust_wall=False).state == "failed"


def test_wall_and_replay_must_say_the_same_where_they_disagree_on_a_quiet_machine() -> None:
    apart = rule(samples(1.2, 1.9), at_least=1.5, trust_wall=True)
    assert (apart.state, apart.decided_by, apart.agree) == ("undecided", "both", False)
    assert rule(samples(1.6, 1.9), at_least=1.3, trust_wall=True).state == "passed"


def test_blocked_time_leaves_an_interval_and_both_ends_must_agree() -> None:
    assert rule(samples(1.0, 1.1, 1.9), at_least=1.5, trust_wall=False).state == "undecided"
    assert rule(samples(1.0, 1.7, 1.9), at_least=1.5, trust_wall=False).state == "passed"
    assert rule(samples(1.0, 1.1, 1.3), at_least=1.5, trust_wall=False).state == "failed"


def quiet(source: random.Random, truth: float) -> Sample:
    """Small independent errors; the replay reads 0 to 6 % high."""
    replayed = truth * (1 + source.uniform(0.0, 0.06)) * math.exp(source.gauss(0, 0.015))
    return Sample(truth * math.exp(source.gauss(0, 0.02)), replayed, replayed)


def wild(source: random.Random, truth: float) -> Sample:
    """A tenth of the runs is up to 40 % off, either way."""
    off = source.uniform(0.6, 1.4) if source.random() < 0.1 else 1.0
    replayed = truth * (1 + source.uniform(0.0, 0.06)) * off * math.exp(source.gauss(0, 0.03))
    return Sample(truth * off, replayed, replayed)


class Bursty:
    """Neighbours that come and go for several pairs at a time: wall time is biased, replay noisier."""

    def __init__(self) -> None:
        self.busy = False

    def __call__(self, source: random.Random, truth: float) -> Sample:
        if source.random() < 0.3:
            self.busy = not self.busy
        share = source.uniform(0.5, 0.8) if self.busy else 1.0
        replayed = truth * (1 + source.uniform(0.0, 0.06)) * math.exp(source.gauss(0, 0.05 if self.busy else 0.015))
        return Sample(truth * share * math.exp(source.gauss(0, 0.02)), replayed, replayed)


def session(source: random.Random, noise: Noise, truth: float, *, trust: bool) -> str:
    """One simulated session against the threshold 1.5: pairs until the rule decides or the last look is over."""
    measured: list[Sample] = []
    while len(measured) < LOOKS[-1]:
        measured.append(noise(source, truth))
        if len(measured) >= LOOKS[0]:
            state = rule(measured, at_least=1.5, trust_wall=trust).state
            if state != "undecided":
                return state
    return "undecided"


@pytest.mark.parametrize(
    ("noise", "trust"),
    [(lambda: quiet, True), (lambda: quiet, False), (lambda: wild, False), (Bursty, False)],
    ids=["quiet", "quiet-replayed", "wild-replayed", "bursty-replayed"],
)
@pytest.mark.parametrize(("truth", "wrong"), [(1.40, "passed"), (1.49, "passed"), (1.51, "failed"), (1.70, "failed")])
def test_few_of_400_simulated_sessions_end_in_a_wrong_verdict(
    *, noise: Callable[[], Noise], trust: bool, truth: float, wrong: str
) -> None:
    source = random.Random(f"{truth}")
    outcomes = [session(source, noise(), truth, trust=trust) for _ in range(SESSIONS)]
    assert outcomes.count(wrong) <= MOST_WRONG * SESSIONS


@pytest.mark.parametrize("trust", [True, False])
def test_a_clear_case_is_decided_rightly_in_95_of_100_sessions(*, trust: bool) -> None:
    """A reference solution at 1.85x, as the threshold of 1.5x wants it, and a serial program at 1.0x."""
    source = random.Random(7)
    fast = [session(source, Bursty() if not trust else quiet, 1.85, trust=trust) for _ in range(SESSIONS)]
    slow = [session(source, Bursty() if not trust else quiet, 1.0, trust=trust) for _ in range(SESSIONS)]
    assert fast.count("passed") >= 0.95 * SESSIONS
    assert slow.count("failed") >= 0.95 * SESSIONS


def test_the_state_names_are_the_three_verdicts() -> None:
    assert set(verdict.State.__args__) == {"passed", "failed", "undecided"}  # type: ignore[attr-defined]
