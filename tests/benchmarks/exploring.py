"""How many schedules the exploration needs to the first bug, how fast it runs them, and whether they repeat.

``python -m tests.benchmarks.exploring`` takes other numbers of trials and single programs; ``--help`` says how.
"""

from __future__ import annotations

import argparse
import math
import multiprocessing
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pytest_parlab.explore.exploration import DEADLOCK, Exploration, Failure, Raised
from pytest_parlab.explore.exploring import explore, replay
from pytest_parlab.explore.strategies.random_walk import RandomWalk
from tests.benchmarks.schedules.table import GEOMETRIC_MEANS, MENDED, METHODS, PROGRAMS, Program
from tests.benchmarks.side_by_side import Line, timed

TRIALS = 20
CAP = 10_000
"""Schedules in which a bug has to show; one that does not counts as found in the last."""
STEPS = (20, 200, 2_000, CAP)
"""A search that finds nothing is begun anew with more schedules: the same seed gives the same ones first."""
MOST = 10.0
"""The promise: geometric mean over the programs of the schedules to the first bug."""
LEAST_RATE = 5000.0
"""The promise: schedules per second where the same processes play them again."""
EXHAUSTED_WITHIN_S = 0.05
"""The promise for two processes that add once each."""
REPLAYS = {"fork": 100, "spawn": 10}
"""How often a failing schedule is run again, by start method."""
ROUNDS = 5
PATIENCE_S = 3600.0
"""Schedules are what is counted, however long they take."""
NAME = 20


@dataclass(frozen=True, slots=True)
class Found:
    """What the trials of one program brought.

    Attributes:
        schedules: To the first bug, for each trial; `CAP` if there was none.
        found: In how many trials.
        strange: What else failed: not the bug.
    """

    schedules: tuple[int, ...]
    found: int
    strange: frozenset[str]

    @property
    def mean(self) -> float:
        """Schedules to the first bug, mean of the trials."""
        return sum(self.schedules) / len(self.schedules)


def is_the_bug(program: Program, failure: Failure) -> bool:
    """Tell whether a failure is the one that the program is there for."""
    if program.hangs:
        return bool(failure.outcome == DEADLOCK)
    return isinstance(failure.outcome, Raised) and failure.outcome.error == "AssertionError"


def first_bug(program: Program, seed: int) -> tuple[int | None, frozenset[str]]:
    """The schedule, from 1, in which the bug was seen first, and what else was wrong before."""
    strange: set[str] = set()
    context = multiprocessing.get_context("fork")
    for schedules in STEPS:
        found = explore(program.function, context, schedules=schedules, seed=seed, seconds=PATIENCE_S)
        bugs = [failure.found_at for failure in found.failures if is_the_bug(program, failure)]
        strange.update(_strange(program, found))
        if bugs or found.exhausted:
            return (min(bugs) if bugs else None), frozenset(strange)
    return None, frozenset(strange)


def _strange(program: Program, found: Exploration) -> Iterator[str]:
    if found.undecided:
        yield f"undecided: {found.undecided}"
    for failure in found.failures:
        if not is_the_bug(program, failure) and failure.kind != "difference":
            yield f"{failure.kind}: {failure.message}"


def find(program: Program, trials: int = TRIALS) -> Found:
    """Search for the bug of a program from as many seeds."""
    found = [first_bug(program, seed) for seed in range(trials)]
    return Found(
        schedules=tuple(CAP if at is None else at for at, _ in found),
        found=sum(at is not None for at, _ in found),
        strange=frozenset().union(*(strange for _, strange in found)),
    )


def geometric_mean(values: list[float]) -> float:
    """The geometric mean of positive numbers."""
    return math.exp(sum(map(math.log, values)) / len(values))


def bugs(trials: int = TRIALS, programs: tuple[Program, ...] = PROGRAMS) -> Iterator[Line]:
    """Schedules to the first bug, beside what others published for the programs that these are told after."""
    yield Line(f"{'':{NAME}}{''.join(f'{name:>9}' for name in METHODS)}{'ours':>9}{'found':>12}")
    means: list[float] = []
    for program in programs:
        result = find(program, trials)
        means.append(result.mean)
        published = "".join(f"{'-' if number is None else number:>9}" for number in program.published)
        yield Line(
            f"{program.name:{NAME}}{published}{result.mean:9.1f}{result.found:6} of {trials}",
            kept=result.found == trials,
        )
        for text in sorted(result.strange):
            yield Line(f"{'':{NAME}}{text}", kept=False)
    published = "".join(f"{number:9.1f}" for number in GEOMETRIC_MEANS)
    mean = geometric_mean(means)
    yield Line(f"{'geometric mean':{NAME}}{published}{mean:9.1f}", kept=mean <= MOST)


def false_alarms(schedules: int = 2_000) -> Iterator[Line]:
    """Failures in the programs without the bug: there must be none."""
    context = multiprocessing.get_context("fork")
    for function, result in MENDED:
        found = explore(function, context, schedules=schedules, seed=1, seconds=PATIENCE_S)
        proof = "all" if found.exhausted else f"{found.schedules} schedules"
        wrong = [*(failure.message for failure in found.failures), found.undecided]
        yield Line(
            f"{function.__name__:{NAME}}{proof:>18}   {'; '.join(filter(None, wrong)) or 'no failure'}",
            kept=not any(wrong) and set(found.outcomes) == {result},
        )


def _add(value: Any, times: int) -> None:
    for _ in range(times):
        value.value += 1


def count(context: Any, processes: int, times: int) -> int:
    """Let so many processes add one so many times to a value that nobody guards."""
    value = context.Value("i", 0)
    started = [context.Process(target=_add, args=(value, times)) for _ in range(processes)]
    for process in started:
        process.start()
    for process in started:
        process.join()
    return int(value.value)


def any_result(_: Any) -> None:
    """Take every result for right: none of them is looked into."""


def nothing_is_lost(result: int) -> None:
    """Take the result of three processes that add twice each, if it is one."""
    if not 2 <= result <= 6:
        raise RuntimeError(f"{result} is no result that any order of the steps gives")
    assert result == 6


def rates(schedules: int = 500) -> Iterator[Line]:
    """Schedules per second, and the time to exhaust the smallest program."""
    context = multiprocessing.get_context("fork")
    for processes, times in ((2, 1), (2, 2), (3, 1), (3, 2)):
        found = explore(
            count, context, processes, times, schedules=schedules, strategy=RandomWalk(), check=any_result
        )
        rate = found.schedules / found.seconds
        name = f"{processes} x {times} +="
        yield Line(f"{name:{NAME}}{rate:9.0f} schedules per second", kept=rate >= LEAST_RATE)
    seconds = min(timed(lambda: explore(count, context, 2, 1, check=any_result)) for _ in range(ROUNDS))
    text = f"{'2 x 1 += exhausted':{NAME}}{seconds * 1000:9.0f} ms with the start, least of {ROUNDS}"
    yield Line(text, kept=seconds <= EXHAUSTED_WITHIN_S)


def replays(times: Mapping[str, int] = REPLAYS) -> Iterator[Line]:
    """Replays of one schedule that loses an update, which gave the same steps."""
    for method, number in times.items():
        if method not in multiprocessing.get_all_start_methods():
            continue
        context = multiprocessing.get_context(method)
        found = explore(count, context, 3, 2, schedules=20, seed=1, check=nothing_is_lost, seconds=PATIENCE_S)
        lost = [failure for failure in found.failures if failure.message.startswith("AssertionError")]
        if not lost:
            others = [failure.message for failure in found.failures]
            yield Line(f"{method:{NAME}}nothing lost: {found.undecided or others}", kept=False)
            continue
        [failure] = lost
        began = time.perf_counter()
        same = 0
        for _ in range(number):
            again = replay(failure.token, count, context, 3, 2, check=nothing_is_lost)
            same += [(f.schedule, f.outcome, f.moments) for f in again.failures] == [
                (failure.schedule, failure.outcome, failure.moments)
            ]
        each = (time.perf_counter() - began) / number * 1000
        text = f"{method:{NAME}}{same:9} of {number} the same, {len(failure.moments)} steps, {each:.0f} ms each"
        yield Line(text, kept=same == number)


Entry = Callable[[], Iterator[Line]]
PARTS: Mapping[str, Entry] = {"bugs": bugs, "false-alarms": false_alarms, "rates": rates, "replays": replays}


def exploring() -> Iterator[Line]:
    """Schedules to the first bug, schedules per second, and replays that are the same step by step."""
    for part in PARTS.values():
        yield from part()


def main(arguments: list[str]) -> int:
    """Measure as the arguments say; 1 if a promise is broken."""
    names = [program.name for program in PROGRAMS]
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.exploring", description=__doc__)
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS), help="what to measure")
    parser.add_argument("--trials", type=int, default=TRIALS, help="seeds for each program (default: %(default)s)")
    parser.add_argument("--programs", nargs="+", choices=names, default=names, metavar="NAME", help="which of them")
    chosen = parser.parse_args(arguments)
    programs = tuple(program for program in PROGRAMS if program.name in chosen.programs)
    parts: dict[str, Entry] = {**PARTS, "bugs": lambda: bugs(chosen.trials, programs)}
    kept = True
    for part in chosen.parts:
        print(f"{part}: {(PARTS[part].__doc__ or '').splitlines()[0]}", flush=True)
        for line in parts[part]():
            print(f"  {line}", flush=True)
            kept = kept and line.kept
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
