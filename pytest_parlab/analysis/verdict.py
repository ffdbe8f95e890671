"""When to stop measuring, and what was shown: a sequential test on the logarithms of paired speedups.

Every pair of runs gives one ratio. After 4, 6, 9, 14, 20 and 30 pairs the mean of the logarithms is compared with
the threshold by a one-sided t bound whose risk is shared equally by the six looks (Bonferroni over a
group-sequential plan: Pocock 1977). Beside it runs a test that assumes nothing about the distribution: the signs of
the differences, as a betting process that may be read at any time (Robbins 1970; Ville 1939). The first to fire
decides.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

LOOKS = (4, 6, 9, 14, 20, 30)
"""Numbers of pairs after which the t bound is read."""

ALPHA = 0.01
"""Risk of one wrong verdict, per side and per test, over all looks together."""

GUARD = 0.05
"""A replayed speedup reads 0 to 6 % high: a pass by replay must clear the threshold by this share."""

AGREEMENT = 0.08
"""On a quiet machine wall time and replay have to agree within this share for wall time to decide."""

TARGET_STANDARD_ERRORS = 4.66
"""Distance from the threshold, in standard errors, at which a run is expected to be decided (both risks 1 %)."""

State = Literal["passed", "failed", "undecided"]


@dataclass(frozen=True, slots=True)
class Sample:
    """The speedups that one pair of runs gave.

    Attributes:
        wall: Baseline wall time over candidate wall time.
        replay_low: The replayed speedup with all blocked time counted against the candidate.
        replay_high: The replayed speedup with blocked time counted as free.
    """

    wall: float
    replay_low: float
    replay_high: float


@dataclass(frozen=True, slots=True)
class Ruling:
    """What a series of pairs shows about ``speedup >= at_least``.

    Attributes:
        state: ``undecided`` while (or because) the pairs do not settle it.
        decided_by: The measure that was asked; ``both`` where the two had to say the same.
        value: Geometric mean of that measure.
        low: Lower end of its 95 % interval.
        high: Upper end of its 95 % interval.
        agree: Wall time and replay agree within `AGREEMENT`.
    """

    state: State
    decided_by: Literal["wall", "replay", "both"]
    value: float
    low: float
    high: float
    agree: bool


def rule(samples: Sequence[Sample], *, at_least: float, trust_wall: bool) -> Ruling:
    """Judge the pairs measured so far.

    Args:
        samples: One entry per pair, in the order of measurement.
        at_least: The speedup asked for.
        trust_wall: The machine was quiet and has a core for every worker, so that wall time means something.

    Returns:
        The ruling; its state stays ``undecided`` until one of the two tests fires.
    """
    wall = [sample.wall for sample in samples]
    low = [sample.replay_low for sample in samples]
    high = [sample.replay_high for sample in samples]
    wall_mean = geometric_mean(wall)
    agree = geometric_mean(low) / (1 + AGREEMENT) <= wall_mean <= geometric_mean(high) * (1 + AGREEMENT)
    by_replay = _state(low, high, at_least=at_least, guard=GUARD)
    if not trust_wall:
        lower, upper = interval(low)[0], interval(high)[1]
        return Ruling(by_replay, "replay", math.sqrt(geometric_mean(low) * geometric_mean(high)), lower, upper, agree)
    by_wall = _state(wall, wall, at_least=at_least, guard=0.0)
    if agree:
        return Ruling(by_wall, "wall", wall_mean, *interval(wall), agree)
    both: State = by_wall if by_wall == by_replay else "undecided"
    return Ruling(both, "both", wall_mean, *interval(wall), agree)


def settle(ratios: Sequence[float], *, above: float) -> Literal["above", "below", "open"]:
    """Tell whether positive ratios are, beyond `ALPHA`, above or below a value.

    The t bound is read only when ``len(ratios)`` is one of `LOOKS`, the signs at any length.
    """
    offsets = [math.log(ratio) - math.log(above) for ratio in ratios]
    wins = sum(offset > 0 for offset in offsets)
    losses = sum(offset < 0 for offset in offsets)
    if sign_evidence(wins, losses) >= 1 / ALPHA:
        return "above"
    if sign_evidence(losses, wins) >= 1 / ALPHA:
        return "below"
    if len(offsets) in LOOKS:
        center, error = _mean_and_error(offsets)
        bound = student_t(1 - ALPHA / len(LOOKS), len(offsets) - 1) * error
        if center - bound > 0:
            return "above"
        if center + bound < 0:
            return "below"
    return "open"


def interval(ratios: Sequence[float], confidence: float = 0.95) -> tuple[float, float]:
    """Two-sided t interval of the geometric mean; one value alone has the interval (0, infinity)."""
    if len(ratios) < 2:  # noqa: PLR2004 - no spread can be seen in fewer than two values
        return 0.0, math.inf
    center, error = _mean_and_error([math.log(ratio) for ratio in ratios])
    half = student_t((1 + confidence) / 2, len(ratios) - 1) * error
    return math.exp(center - half), math.exp(center + half)


def pairs_needed(ratios: Sequence[float], at_least: float) -> int | None:
    """About how many pairs would decide, from the spread seen so far; None if the mean sits on the threshold."""
    if len(ratios) < 2:  # noqa: PLR2004 - no spread can be seen in fewer than two values
        return None
    center, error = _mean_and_error([math.log(ratio) - math.log(at_least) for ratio in ratios])
    if center == 0:
        return None
    spread = error * math.sqrt(len(ratios))
    return max(LOOKS[0], math.ceil((TARGET_STANDARD_ERRORS * spread / center) ** 2))


def geometric_mean(ratios: Sequence[float]) -> float:
    """The mean of ratios: twice as fast and half as fast cancel."""
    return math.exp(math.fsum(math.log(ratio) for ratio in ratios) / len(ratios))


def sign_evidence(wins: int, losses: int) -> float:
    """Evidence, as the payoff of a fair bet, that a win is more likely than a loss.

    E = 2^(n+1) B(w+1, l+1) [1 - I_1/2(w+1, l+1)]: the likelihood ratio against a fair coin, averaged over all
    coins that favour wins. For whole numbers the regularised incomplete beta function is a binomial sum, so this is
    exact. If wins are not more likely, E reaches 1/alpha at any time with probability alpha at most (Ville 1939).
    """
    tosses = wins + losses
    at_most_wins = sum(math.comb(tosses + 1, count) for count in range(wins + 1))
    # 1 - I_1/2(w+1, l+1) = at_most_wins / 2^(n+1), and B(w+1, l+1) = 1 / ((n+1) C(n, w)): the powers of two cancel.
    return at_most_wins / ((tosses + 1) * math.comb(tosses, wins))


@lru_cache(maxsize=256)
def student_t(probability: float, freedom: int) -> float:
    """Quantile of Student's t distribution for a whole number of degrees of freedom (probability in (0.5, 1))."""
    low, high = 0.0, 1.0
    while _t_cumulative(high, freedom) < probability:
        high *= 2
    for _ in range(80):  # halves the bracket down to the last bit of a float
        middle = (low + high) / 2
        if _t_cumulative(middle, freedom) < probability:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _t_cumulative(value: float, freedom: int) -> float:
    """P(T <= value) for value >= 0, by the finite sums of Abramowitz and Stegun 26.7.3 and 26.7.4."""
    angle = math.atan2(value, math.sqrt(freedom))
    cosine, sine = math.cos(angle), math.sin(angle)
    odd = freedom % 2 == 1
    term = cosine if odd else 1.0
    total = 0.0
    for step in range(2 + odd, freedom + 1, 2):
        total += term
        term *= cosine * cosine * (step - 1) / step
    inside = 2 / math.pi * (angle + sine * total) if odd else sine * total
    return (1 + inside) / 2


def _state(low: Sequence[float], high: Sequence[float], *, at_least: float, guard: float) -> State:
    if settle(low, above=at_least * (1 + guard)) == "above":
        return "passed"
    if settle(high, above=at_least) == "below":
        return "failed"
    return "undecided"


def _mean_and_error(values: Sequence[float]) -> tuple[float, float]:
    """Mean and its standard error."""
    count = len(values)
    center = math.fsum(values) / count
    variance = math.fsum((value - center) ** 2 for value in values) / (count - 1)
    return center, math.sqrt(variance / count)
