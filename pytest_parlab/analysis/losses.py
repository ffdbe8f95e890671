"""Why a parallel run is not faster: its time beyond the ideal, by cause."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from pytest_parlab.analysis.intervals import covered
from pytest_parlab.analysis.pieces import NANOSECONDS, pieces, rounds, serial_in_effect

if TYPE_CHECKING:
    from pytest_parlab.analysis.pieces import Round
    from pytest_parlab.analysis.replay import Replay
    from pytest_parlab.trace.model import Site, Trace

Cause = Literal[
    "serial",
    "one-by-one",
    "threads",
    "few-workers",
    "start-up",
    "main",
    "locks",
    "imbalance",
    "hand-over",
    "extra-work",
]

SECONDS_PER_BYTE = 2.3e-3 / 2**20
"""Cost of carrying one byte to another process and back into an object (measured: 1.7 to 2.8 ms per MiB)."""


@dataclass(frozen=True, slots=True)
class Loss:
    """Time that one cause costs.

    Attributes:
        cause: ``serial`` (nothing was handed over), ``one-by-one`` (each piece waited for before the next),
            ``threads`` (of one process, under the interpreter lock), ``few-workers`` (fewer than asked for),
            ``start-up`` (of processes), ``main`` (work outside the pieces), ``locks``, ``imbalance`` (workers do not
            end together), ``hand-over`` (dispatch and pickling), ``extra-work`` (more CPU than the baseline).
        seconds: Seconds of the run's time.
        site: The line that hands the work over, if known.
        count: How many pieces (or processes, for ``start-up``) take part.
        lanes: How many could run at once.
        bytes: Pickled bytes, for ``hand-over``.
    """

    cause: Cause
    seconds: float
    site: Site | None
    count: int
    lanes: int
    bytes: int = 0


def losses(trace: Trace, prediction: Replay, *, workers: int, baseline_s: float) -> tuple[Loss, ...]:
    """Account for the time of a run beyond an equal share of the baseline, largest loss first.

    Args:
        trace: The run.
        prediction: Its replay.
        workers: How many lanes were asked for.
        baseline_s: Time of the serial baseline.
    """
    found = rounds(trace)
    beyond = max(0.0, prediction.seconds - baseline_s / workers)
    if not found:
        return (Loss("serial", beyond, None, 0, 1),)
    costly = max(found, key=lambda part: part.finished_s - part.submitted_s)
    site = costly.pieces[0].site
    count = prediction.pieces
    whole = _whole_cause(found, prediction, workers)
    if whole is not None:
        return (Loss(whole, beyond, site, count, prediction.lanes),)
    starts = _start_up(trace, found)
    started = min(starts, prediction.serial_s + prediction.lead_s)
    every = pieces(trace)
    carried = sum(piece.bytes for piece in every)
    lanes = prediction.lanes
    candidates = (
        Loss("start-up", started, site, sum(process.index > 0 for process in trace.processes), lanes),
        Loss("main", max(0.0, prediction.serial_s + prediction.lead_s - started), site, count, lanes),
        Loss("locks", prediction.lock_s / lanes, site, count, lanes),
        Loss("imbalance", prediction.balance_s, site, count, lanes),
        Loss("hand-over", prediction.overhead_s, site, count, lanes, carried),
        Loss("extra-work", max(0.0, prediction.work_s - baseline_s) / lanes, site, count, lanes),
    )
    return tuple(sorted((loss for loss in candidates if loss.seconds > 0), key=lambda loss: -loss.seconds))


def _whole_cause(found: tuple[Round, ...], prediction: Replay, workers: int) -> Cause | None:
    """The shape of the whole run, where that alone explains it."""
    if serial_in_effect(found):
        return "one-by-one"
    if all(part.threads for part in found) and prediction.lanes == 1 and workers > 1:
        return "threads"
    if prediction.lanes < workers:
        return "few-workers"
    return None


def _start_up(trace: Trace, found: tuple[Round, ...]) -> float:
    """Seconds during which processes were being started and no piece was under way yet."""
    first = min(piece.started_s for part in found for piece in part.pieces)
    spans = []
    for process in trace.processes[1:]:
        begun = (process.created_ns - trace.started_ns) / NANOSECONDS
        ready = first if process.started_ns is None else (process.started_ns - trace.started_ns) / NANOSECONDS
        if begun < min(first, ready):
            spans.append((begun, min(first, ready)))
    return covered(spans)
