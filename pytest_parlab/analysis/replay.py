"""What a recorded run would have taken without its neighbours, on a given number of cores.

    T(P) = serial + sum over rounds of  lead + max( LS_P(service_i + b),  n a,  (sum cpu + n (a + b)) / P,  held )

LS_P deals the pieces to P lanes in the observed order, each to the lane that is free first (list scheduling: Graham
1966). The service of a piece is its wall time less its wait for a core; a and b are the parent's and the worker's
overhead per piece; ``held`` is the longest total hold of one lock. With the interpreter lock on, the threads of one
process share a lane.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING, Protocol

from pytest_parlab.analysis.intervals import covered
from pytest_parlab.analysis.pieces import NANOSECONDS, Piece, Round, critical_sections, gaps, rounds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_parlab.trace.model import Trace

BLOCKED_SHARE = 0.05
"""Up to this share of busy time, blocked time is not worth an interval."""

NEIGHBOURS = 0.25
"""Cores used by others from which on half of the time in which nothing of the run was at work (processes starting,
mostly) may be theirs: sharing a core evenly takes twice as long."""

UNSEEN_SHARE = 0.2
"""Share of the tree's CPU time that no recorded process may have used before the recording counts as incomplete."""

START_CPU_S = 0.1
"""CPU time that a started interpreter uses before its first own event."""

FREE_THREADS = 1.15
"""Threads whose CPU time is this many times the time they were under way do not share an interpreter lock."""


class Measured(Protocol):
    """One measured run: what `replay` needs to know of it."""

    @property
    def wall_s(self) -> float: ...  # noqa: D102 - said by the class
    @property
    def cpu_s(self) -> float: ...  # noqa: D102
    @property
    def delay_s(self) -> float | None: ...  # noqa: D102
    @property
    def trace(self) -> Trace: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Replay:
    """The predicted time of a run, and where it goes.

    Attributes:
        seconds: Predicted time, with blocked time kept where it was seen.
        seconds_free: The same with blocked time counted as free; equal to `seconds` if little was blocked.
        serial_s: Part of it outside all rounds.
        lead_s: Part of it from handing over the first piece of a round to its beginning.
        balance_s: Part of it lost because the lanes do not end together.
        overhead_s: Part of it spent on handing over, per lane.
        blocked_s: Blocked time of all pieces, in total over the lanes.
        lock_s: Of that, waiting for locks.
        work_s: CPU time of all pieces.
        lanes: Lanes that could be used.
        pieces: Number of pieces.
        rounds: Number of rounds.
    """

    seconds: float
    seconds_free: float
    serial_s: float = 0.0
    lead_s: float = 0.0
    balance_s: float = 0.0
    overhead_s: float = 0.0
    blocked_s: float = 0.0
    lock_s: float = 0.0
    work_s: float = 0.0
    lanes: int = 1
    pieces: int = 0
    rounds: int = 0


@dataclass(frozen=True, slots=True)
class _Job:
    """A piece as the lanes see it: at least `cpu_s`, at most `service_s` of lane time."""

    cpu_s: float
    service_s: float
    lock_s: float


def replay(run: Measured, lanes: int, *, foreign_s: float = 0.0) -> Replay:
    """Predict the time of `run` on `lanes` undisturbed cores.

    Args:
        run: The measured run.
        lanes: How many cores.
        foreign_s: CPU seconds that other programs used meanwhile. Where the system does not tell how long a piece
            waited for a core, that much of its missing time is taken for such a wait.

    Returns:
        The prediction. A run without pieces is one piece of serial work.
    """
    found = rounds(run.trace)
    prediction = _replay_rounds(run, found, lanes, foreign_s) if found else _replay_serial(run, foreign_s)
    if not _incomplete(run, found):
        return prediction
    # Processes that the trace does not show did part of the work: at best they shared it evenly.
    return replace(prediction, seconds_free=min(prediction.seconds_free, run.cpu_s / lanes))


def _incomplete(run: Measured, found: Sequence[Round]) -> bool:
    """Much CPU time was used by processes that recorded nothing (another program, a library without hooks)."""
    seen = {process.index: process.cpu_ns / NANOSECONDS for process in run.trace.processes}
    if not seen.get(0):
        return False
    for process, own in seen.items():
        worked = sum(piece.cpu_s for part in found for piece in part.pieces if piece.process == process)
        seen[process] = max(own, worked)
    unseen = run.cpu_s - sum(seen.values()) - START_CPU_S * (len(seen) - 1)
    return unseen > UNSEEN_SHARE * run.cpu_s


def _replay_rounds(run: Measured, found: Sequence[Round], lanes: int, foreign_s: float) -> Replay:
    excused = _excused_share(found, foreign_s)
    main_cpu = _main_cpu(run.trace, found)
    span = covered((each.submitted_s, each.finished_s) for each in found)
    serial = max(0.0, run.wall_s - span)
    serial = max(serial - (run.delay_s or 0.0), min(serial, main_cpu))
    count = sum(len(each.pieces) for each in found)
    parent_s = max(0.0, main_cpu - serial) / count
    parts = [_replay_round(run.trace, each, lanes, parent_s, excused) for each in found]
    idle = max(0.0, serial - main_cpu) + sum(part.lead_s for part in parts)
    stretched = idle / 2 if foreign_s > NEIGHBOURS * run.wall_s else 0.0
    return Replay(
        seconds=serial + sum(part.seconds for part in parts),
        seconds_free=serial - stretched + sum(part.seconds_free for part in parts),
        serial_s=serial,
        lead_s=sum(part.lead_s for part in parts),
        balance_s=sum(part.balance_s for part in parts),
        overhead_s=sum(part.overhead_s for part in parts),
        blocked_s=sum(part.blocked_s for part in parts),
        lock_s=sum(part.lock_s for part in parts),
        work_s=sum(part.work_s for part in parts),
        lanes=max(part.lanes for part in parts),
        pieces=count,
        rounds=len(found),
    )


def _replay_serial(run: Measured, foreign_s: float) -> Replay:
    """A run that handed nothing over: its wall time, less its wait for a core."""
    missing = max(0.0, run.wall_s - run.cpu_s)
    delay = min(missing, foreign_s) if run.delay_s is None else min(missing, run.delay_s)
    service = max(run.wall_s - delay, 1e-9)
    free = min(service, max(run.cpu_s, 1e-9))
    if service - free <= BLOCKED_SHARE * service:
        free = service
    return Replay(service, free, serial_s=service, blocked_s=service - free, work_s=run.cpu_s)


def _replay_round(trace: Trace, part: Round, lanes: int, parent_s: float, excused: float) -> Replay:
    members = part.pieces
    bare = members[0].group is None
    jobs, usable = _jobs(part, lanes, excused)
    starts = sorted(piece.submitted_s for piece in members)
    submit_s = max(0.0, median(b - a for a, b in pairwise(starts))) if len(starts) > 1 else 0.0
    if bare:  # every process starts up by itself, on its own lane: that is its overhead, and nothing leads
        lead, worker_s = 0.0, median(piece.started_s - piece.submitted_s for piece in members)
    else:
        lead = max(0.0, members[0].started_s - part.submitted_s)
        idle = gaps(members)
        worker_s = median(idle) if idle else 0.0
        submit_s = min(submit_s, parent_s) if parent_s else submit_s
    count = len(members)
    work = part.cpu_s
    floor = max(count * max(parent_s, 0.0), (work + count * (parent_s + worker_s)) / lanes)
    offsets = [submit_s * index for index in range(len(jobs))]
    dealt = deal([job.service_s + worker_s for job in jobs], usable, offsets)
    kept = max(dealt, floor)
    free = max(deal([job.cpu_s + worker_s for job in jobs], usable, offsets), floor, _held(trace, part, jobs))
    service = sum(job.service_s for job in jobs)
    blocked = sum(job.service_s - job.cpu_s for job in jobs)
    if blocked <= BLOCKED_SHARE * service:
        free = kept
    return Replay(
        seconds=lead + kept,
        seconds_free=lead + min(free, kept),
        lead_s=lead,
        balance_s=max(0.0, deal([job.service_s for job in jobs], usable, [0.0] * len(jobs)) - service / usable),
        overhead_s=count * worker_s / usable + max(0.0, floor - dealt),
        blocked_s=blocked,
        lock_s=sum(job.lock_s for job in jobs),
        work_s=work,
        lanes=usable,
    )


def deal(lengths: Sequence[float], lanes: int, ready: Sequence[float]) -> float:
    """When the last lane ends, if each piece goes to the lane that is free first, not before it is ready."""
    free = [0.0] * lanes
    last = 0.0
    for length, moment in zip(lengths, ready, strict=True):
        end = max(heapq.heappop(free), moment) + length
        heapq.heappush(free, end)
        last = max(last, end)
    return last


def _jobs(part: Round, lanes: int, excused: float) -> tuple[list[_Job], int]:
    """The pieces of a round as the lanes see them, and how many lanes can be used."""
    members = part.pieces
    if not part.threads:
        return [_job(piece, excused) for piece in members], max(1, min(lanes, part.workers))
    span = covered((piece.started_s, piece.finished_s) for piece in members)
    if part.cpu_s > FREE_THREADS * span:
        return [_job(piece, excused) for piece in members], max(1, min(lanes, part.workers))
    delay = sum(piece.delay_s or 0.0 for piece in members)
    lock = sum(piece.lock_s for piece in members)
    return [_Job(part.cpu_s, max(part.cpu_s, span - delay), lock)], 1


def _job(piece: Piece, excused: float) -> _Job:
    missing = max(0.0, piece.wall_s - piece.cpu_s)
    delay = max(0.0, missing - piece.lock_s) * excused if piece.delay_s is None else min(missing, piece.delay_s)
    service = max(piece.cpu_s, piece.wall_s - delay)
    return _Job(min(piece.cpu_s, service), service, min(piece.lock_s, service - min(piece.cpu_s, service)))


def _excused_share(found: Sequence[Round], foreign_s: float) -> float:
    """Which share of unexplained waits the other programs can have caused, where the system does not tell."""
    missing = sum(
        max(0.0, piece.wall_s - piece.cpu_s - piece.lock_s)
        for part in found
        for piece in part.pieces
        if piece.delay_s is None
    )
    return min(1.0, foreign_s / missing) if missing > 0 else 0.0


def _held(trace: Trace, part: Round, jobs: Sequence[_Job]) -> float:
    """The longest total hold of one lock, scaled down by what neighbours stretched it."""
    wall = sum(piece.wall_s for piece in part.pieces)
    service = sum(job.service_s for job in jobs)
    return critical_sections(trace, part.pieces) * (min(1.0, service / wall) if wall > 0 else 1.0)


def _main_cpu(trace: Trace, found: Sequence[Round]) -> float:
    """CPU time of the first process outside the pieces that its own threads ran."""
    if not trace.processes:
        return 0.0
    own = sum(piece.cpu_s for part in found for piece in part.pieces if piece.process == 0)
    return max(0.0, trace.processes[0].cpu_ns / NANOSECONDS - own)
