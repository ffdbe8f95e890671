"""How many schedules each strategy takes to the first bug of SCTBench's CS programs, told to the simulator.

``python -m tests.unit.explore.rates [TRIALS [LIMIT]]`` prints the table beside the published numbers (Zhao, Wolff,
Mathur and Roychoudhury, "Selectively uniform concurrency testing", 2025, 20 trials of at most 10,000). The simulated
programs have fewer steps than the originals, which are instrumented at every access to memory.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from math import exp, log
from typing import NamedTuple

from pytest_parlab.explore.strategies.exhaustive import Exhaustive
from pytest_parlab.explore.strategies.pct import PCT
from pytest_parlab.explore.strategies.portfolio import Portfolio
from pytest_parlab.explore.strategies.pos import POS
from pytest_parlab.explore.strategies.protocol import Strategy
from pytest_parlab.explore.strategies.random_walk import RandomWalk
from pytest_parlab.explore.strategies.surw import SURW
from tests.unit.explore.sctbench import PROGRAMS
from tests.unit.explore.simulator import schedules_to_failure


def published_surw() -> SURW:
    return SURW(varied=False)


STRATEGIES: Mapping[str, Callable[[], Strategy]] = {
    "random": RandomWalk,
    "PCT 3": PCT,
    "POS": POS,
    "SURW": published_surw,
    "SURW varied": SURW,
    "exhaustive": Exhaustive,
    "portfolio": Portfolio,
}
PUBLISHED: Mapping[str, tuple[str, ...]] = {
    "account": ("18", "4", "4", "6"),
    "bluetooth_driver": ("215", "112", "36", "70"),
    "deadlock01": ("3", "13", "4", "2"),
    "lazy01": ("21", "5", "5", "2"),
    "reorder_3": ("-", "185", "86", "7"),
    "reorder_5": ("-", "647", "2169", "10"),
    "reorder_10": ("-", "3225", "-", "17"),
    "stack": ("176", "3", "2", "5"),
    "token_ring": ("13", "8", "9", "8"),
    "twostage": ("464", "13", "15", "8"),
    "twostage_20": ("-", "159", "156", "6"),
    "wronglock_3": ("36", "58", "11", "9"),
}
"""Random walk, PCT 3, POS and SURW; "-" where not every trial found the bug."""


class Rate(NamedTuple):
    """Of several trials.

    Attributes:
        mean: Schedules to the first failure; a trial without one counts as the limit.
        missed: Trials without one.
    """

    mean: float
    missed: int


def rate(program: str, make: Callable[[], Strategy], trials: int, limit: int) -> Rate:
    """Trials differ in their seeds only; a search without chance is the same each time, and tried once."""
    seeds = range(1 if make is Exhaustive else trials)
    found = [schedules_to_failure(PROGRAMS[program](), make(), limit, seed) for seed in seeds]
    return Rate(sum(count or limit for count in found) / len(found), found.count(None))


def geometric_mean(numbers: Iterable[float]) -> float:
    logs = [log(number) for number in numbers]
    return exp(sum(logs) / len(logs))


def main(trials: int = 20, limit: int = 10_000) -> None:
    print(f"mean of {trials} trials, at most {limit:,} schedules each; (n) did not find it in n trials")
    print(f"{'':17}" + "".join(f"{name:>13}" for name in STRATEGIES) + "   published: random, PCT 3, POS, SURW")
    means: dict[str, list[float]] = {name: [] for name in STRATEGIES}
    for program in PROGRAMS:
        cells = []
        for name, make in STRATEGIES.items():
            mean, missed = rate(program, make, trials, limit)
            means[name].append(mean)
            cells.append(f"{mean:.1f}{f' ({missed})' if missed else ''}")
        line = f"{program:17}" + "".join(f"{cell:>13}" for cell in cells)
        print(line + "   " + ", ".join(PUBLISHED.get(program, ())), flush=True)
    print(f"{'geometric mean':17}" + "".join(f"{geometric_mean(means[name]):13.2f}" for name in STRATEGIES))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
