"""How many of the races in the programs of `tests/twins` are found, and how much is reported that is none.

``python -m tests.benchmarks.detection`` scores other start methods and more runs, and counts reports on the clean
programs; ``--help`` says how.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from tests.benchmarks.side_by_side import Line
from tests.twins.marks import KINDS, Pair
from tests.twins.scoring import RunFailed, Score, Twin, found_in, score, score_by_kind, twins

LEAST = 0.95
"""The promise: recall and precision by line, in both runs."""
WIDTH = 14


@dataclass(frozen=True, slots=True)
class _Run:
    """What one run of one program brought; nothing is found in one that failed."""

    twin: Twin
    found: frozenset[Pair]
    failure: str = ""


def _run(twin: Twin, method: str, *, serialised: bool) -> _Run:
    try:
        return _Run(twin, found_in(twin, method, serialised=serialised))
    except RunFailed as failure:
        return _Run(twin, frozenset(), str(failure))


def detection(
    methods: tuple[str, ...] = ("fork",), runs: int = 1, *, missed: bool = False, per_kind: bool = True
) -> Iterator[Line]:
    """Recall and precision by line on the twins, from single runs, free and serialised.

    Args:
        methods: Start methods to run them under.
        runs: Free runs, and as many serialised ones, of each program by each method.
        missed: Name the programs of the development part that are not exactly right; the other part stays unseen.
        per_kind: Score each kind alone as well.
    """
    for method in methods:
        programs = [twin for twin in (*twins("racy"), *twins("clean")) if method in twin.methods]
        for serialised in (False, True):
            name = f"{method}, {'serialised' if serialised else 'free'}"
            done = [_run(twin, method, serialised=serialised) for _ in range(runs) for twin in programs]
            yield from _scores(name, done)
            if per_kind:
                yield from _scores_by_kind(done)
            if missed:
                yield from _misses(done)


def _scores(name: str, done: list[_Run]) -> Iterator[Line]:
    halves = {
        "all": done,
        "development": [run for run in done if not run.twin.held_out],
        "held out": [run for run in done if run.twin.held_out],
    }
    for half, part in halves.items():
        total = sum((score(run.twin.expected, run.found) for run in part), Score())
        failed = sum(bool(run.failure) for run in part)
        yield Line(
            f"{name:22} {half:{WIDTH}} {_ratio('recall', total.recall, total.right, total.expected)}   "
            f"{_ratio('precision', total.precision, total.right, total.found)}   "
            f"with kind {total.recall_with_kind:.3f} / {total.precision_with_kind:.3f}   "
            f"n = {len(part)} runs" + (f", {failed} failed" if failed else ""),
            kept=not failed and min(total.recall, total.precision) >= LEAST,
        )


def _scores_by_kind(done: list[_Run]) -> Iterator[Line]:
    each = [score_by_kind(run.twin.expected, run.found) for run in done]
    for kind in KINDS:
        total = sum((scores[kind] for scores in each), Score())
        yield Line(
            f"{'':22}   {kind:20} {_ratio('recall', total.recall, total.right, total.expected)}   "
            f"{_ratio('precision', total.precision, total.right, total.found)}"
        )


def _ratio(what: str, value: float, count: int, of: int) -> str:
    return f"{what} {value:.3f} ({count:3}/{of:3})"


def _misses(done: list[_Run]) -> Iterator[Line]:
    for run in done:
        if run.twin.held_out or (not run.failure and run.found == run.twin.expected):
            continue
        wrong = [f"+ {_named(pair)}" for pair in sorted(run.found - run.twin.expected)]
        wrong += [f"- {_named(pair)}" for pair in sorted(run.twin.expected - run.found)]
        yield Line(f"{'':22}   {run.twin.name}: {run.failure or '; '.join(wrong)}")


def _named(pair: Pair) -> str:
    first, second = pair.lines
    return f"{pair.kind} {first}" + (f" and {second}" if second != first else "")


def clean_reports(methods: tuple[str, ...], runs: int, *, missed: bool = False) -> Iterator[Line]:
    """Reports on the clean twins, free-running.

    Args:
        methods: Start methods to run them under.
        runs: How often each.
        missed: Name the programs of the development half that were reported.
    """
    for method in methods:
        programs = [twin for twin in twins("clean") if method in twin.methods]
        reports: Counter[Twin] = Counter()
        failed = 0
        for _ in range(runs):
            for twin in programs:
                run = _run(twin, method, serialised=False)
                reports[twin] += len(run.found)
                failed += bool(run.failure)
        total = reports.total()
        yield Line(
            f"{method:22} {total} reports in {runs} runs of {len(programs)} clean programs"
            + (f", {failed} runs failed" if failed else ""),
            kept=not total and not failed,
        )
        for twin, count in sorted(reports.items()):
            if missed and count and not twin.held_out:
                yield Line(f"{'':22}   {twin.name}: {count} reports in {runs} runs")


def main(arguments: list[str]) -> int:
    """Score as the arguments say; 1 if a promise is broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.detection", description=__doc__)
    parser.add_argument("--methods", default="fork", help="start methods, separated by commas (default: %(default)s)")
    parser.add_argument("--runs", type=int, default=1, help="runs of each program (default: %(default)s)")
    parser.add_argument("--clean-runs", type=int, help="count reports on the clean programs in so many runs instead")
    parser.add_argument("--missed", action="store_true", help="name what is wrong in the development half")
    chosen = parser.parse_args(arguments)
    methods = tuple(chosen.methods.split(","))
    unknown = [method for method in methods if method not in multiprocessing.get_all_start_methods()]
    if unknown:
        parser.error(f"there is no start method {', '.join(unknown)} here")
    if chosen.clean_runs is None:
        lines = detection(methods, chosen.runs, missed=chosen.missed)
    else:
        lines = clean_reports(methods, chosen.clean_runs, missed=chosen.missed)
    kept = True
    for line in lines:
        print(f"  {line}", flush=True)
        kept = kept and line.kept
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
