"""Speedup that can be trusted: paired runs in, a verdict with its evidence out.

Identity: S = A x Pi. The work factor A is the CPU time of the baseline over that of the candidate; Pi is how many
cores the candidate kept busy. A speedup that does not come from Pi comes from less work, and A shows it.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Literal

from pytest_parlab.analysis.losses import Loss, losses
from pytest_parlab.analysis.pairs import SLOWEST_SHARING
from pytest_parlab.analysis.verdict import Ruling, Sample, State, geometric_mean, pairs_needed, rule, settle

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_parlab.analysis.pairs import MachineState, Pair
    from pytest_parlab.trace.model import Trace

SHORTEST_S = 0.02
"""A baseline shorter than this cannot be judged: starting two processes takes a tenth of it and more."""

BUSY_SHARE = 0.5
"""A baseline whose CPU time is below this share of its time mostly waits: its work factor means nothing."""

TAKES_TIME = 0.1
"""A candidate that takes this share of the baseline's time pretends to work; a faster one does not even that."""

Fake = Literal["", "asleep", "prepared", "less-work", "cleverer", "twice"]
Doubt = Literal["", "too-short", "waiting", "work-factor", "noise"]


@dataclass(frozen=True, slots=True)
class Speedup:
    """How much faster the candidate is, and what that rests on.

    Attributes:
        state: Verdict on ``at_least``; ``undecided`` where none was asked for or none is possible.
        final: More pairs would not change the state.
        at_least: The speedup asked for; None if it was only measured.
        workers: How many workers the candidate was to use.
        speedup: The measure that decides.
        low: Lower end of its 95 % interval.
        high: Upper end of its 95 % interval.
        decided_by: ``wall``, ``replay`` or ``both``.
        wall: Speedup in wall time.
        replayed: Speedup without neighbours, blocked time counted against the candidate.
        replayed_free: The same with blocked time counted as free.
        work_factor: A, CPU time of the baseline over that of the candidate.
        allowed: Range in which the work factor must lie here; None if it does not matter.
        busy_cores: Pi, CPU time of the candidate over its (deciding) time.
        serial_fraction: Karp-Flatt metric of the speedup (Karp and Flatt 1990), 0 to 1.
        pairs: Pairs of runs used.
        pairs_needed: About how many would decide; None if not known.
        baseline_s: Median time of the baseline.
        candidate_s: Median wall time of the candidate.
        fake: What the candidate looks like, if its CPU time does not fit; empty if it does.
        doubt: Why the state is ``undecided``; empty if it is not.
        losses: Where the candidate's time goes, largest loss first.
        machine: Where it was measured.
        trace: The last run of the candidate.
    """

    state: State
    final: bool
    at_least: float | None
    workers: int
    speedup: float
    low: float
    high: float
    decided_by: Literal["wall", "replay", "both"]
    wall: float
    replayed: float
    replayed_free: float
    work_factor: float
    allowed: tuple[float, float] | None
    busy_cores: float
    serial_fraction: float
    pairs: int
    pairs_needed: int | None
    baseline_s: float
    candidate_s: float
    fake: Fake
    doubt: Doubt
    losses: tuple[Loss, ...]
    machine: MachineState
    trace: Trace


@dataclass(frozen=True, slots=True)
class _Outcome:
    """The judging part of a `Speedup`."""

    state: State
    final: bool
    fake: Fake
    doubt: Doubt
    allowed: tuple[float, float] | None


def assess(
    pairs: Sequence[Pair],
    *,
    workers: int,
    at_least: float | None,
    machine: MachineState,
    work_factor: tuple[float, float] | None = (0.8, 1.25),
) -> Speedup:
    """Judge the pairs measured so far.

    Args:
        pairs: In the order of measurement, at least one.
        workers: How many workers the candidate was to use.
        at_least: The speedup asked for, or None to measure only.
        machine: Where the pairs were measured.
        work_factor: Range in which A must lie; None for work that waits instead of computing.
    """
    full = machine.full(workers)
    samples = [each.sample(full=full) for each in pairs]
    # Work that waits needs no core of its own, so neighbours do not change its wall time.
    trusted = work_factor is None or machine.quiet(workers)
    ruling = rule(samples, at_least=at_least or 1.0, trust_wall=trusted)
    fake: Fake = ""
    allowed = work_factor
    doubt = _doubt(pairs, work_factor)
    state: State = ruling.state if at_least is not None else "undecided"
    final = bool(doubt)
    if doubt:
        state = "undecided"
    elif work_factor is not None:
        # Cores that slow each other down stretch CPU time by as much as they fall short of their capacity.
        stretch = 1.0 if full else min(1.0, max(SLOWEST_SHARING, machine.capacity / workers))
        allowed = (work_factor[0] * stretch, work_factor[1])
        fake = _fake(pairs, allowed)
        if fake:
            state = "failed" if at_least is not None else "undecided"
        elif state == "passed" and not _fits(pairs, allowed):
            state, doubt = "undecided", "work-factor"
    if at_least is not None and state == "undecided" and not doubt:
        doubt = "noise"
    final = final or state != "undecided"
    outcome = _Outcome(state, final, fake, doubt, allowed)
    return _speedup(pairs, samples, ruling, outcome, workers=workers, at_least=at_least, machine=machine)


def _speedup(
    pairs: Sequence[Pair],
    samples: Sequence[Sample],
    ruling: Ruling,
    outcome: _Outcome,
    *,
    workers: int,
    at_least: float | None,
    machine: MachineState,
) -> Speedup:
    last = pairs[-1]
    by_replay = ruling.decided_by == "replay"
    deciding = [sample.replay_low if by_replay else sample.wall for sample in samples]
    busy = median(
        each.candidate_cpu_s / (each.candidate.seconds if by_replay else each.candidate_wall_s) for each in pairs
    )
    serial = (1 / ruling.value - 1 / workers) / (1 - 1 / workers) if workers > 1 else 1.0
    return Speedup(
        state=outcome.state,
        final=outcome.final,
        at_least=at_least,
        workers=workers,
        speedup=ruling.value,
        low=ruling.low,
        high=ruling.high,
        decided_by=ruling.decided_by,
        wall=geometric_mean([sample.wall for sample in samples]),
        replayed=geometric_mean([sample.replay_low for sample in samples]),
        replayed_free=geometric_mean([sample.replay_high for sample in samples]),
        work_factor=geometric_mean([each.work_factor for each in pairs]),
        allowed=outcome.allowed,
        busy_cores=busy,
        serial_fraction=min(1.0, max(0.0, serial)),
        pairs=len(pairs),
        pairs_needed=pairs_needed(deciding, at_least) if at_least is not None else None,
        baseline_s=median(each.baseline_wall_s for each in pairs),
        candidate_s=median(each.candidate_wall_s for each in pairs),
        fake=outcome.fake,
        doubt=outcome.doubt,
        losses=losses(last.trace, last.candidate, workers=workers, baseline_s=last.baseline.seconds),
        machine=machine,
        trace=last.trace,
    )


def _doubt(pairs: Sequence[Pair], work_factor: tuple[float, float] | None) -> Doubt:
    """What no number of further pairs would settle."""
    if median(each.baseline.seconds for each in pairs) < SHORTEST_S:
        return "too-short"
    if work_factor is not None and median(each.baseline_cpu_s / each.baseline.seconds for each in pairs) < BUSY_SHARE:
        return "waiting"
    return ""


def _fits(pairs: Sequence[Pair], allowed: tuple[float, float]) -> bool:
    middle = geometric_mean([each.work_factor for each in pairs])
    useful = geometric_mean([each.work_factor_of_pieces for each in pairs])
    return middle <= allowed[1] and useful >= allowed[0]


def _fake(pairs: Sequence[Pair], allowed: tuple[float, float]) -> Fake:
    """Name what the candidate looks like once its work factor is surely outside the allowed range."""
    if settle([each.work_factor_of_pieces for each in pairs], above=allowed[0]) == "below":
        return "twice"
    if settle([each.work_factor for each in pairs], above=allowed[1]) != "above":
        return ""
    busy = median(each.candidate_cpu_s / each.candidate_wall_s for each in pairs)
    wall = median(each.candidate_wall_s for each in pairs)
    idle = median(each.candidate.blocked_s for each in pairs)
    factor = geometric_mean([each.work_factor for each in pairs])
    takes_time = wall > TAKES_TIME * median(each.baseline_wall_s for each in pairs)
    if busy < BUSY_SHARE and idle > BUSY_SHARE * wall and takes_time:
        return "asleep"
    if factor >= 10:  # noqa: PLR2004 - nine tenths of the work is missing
        return "prepared"
    return "cleverer" if all(each.candidate.pieces == 0 for each in pairs) else "less-work"
