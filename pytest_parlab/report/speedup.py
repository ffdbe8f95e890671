"""A speedup in words: what was measured, against what was wanted, and where the time went."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_parlab.analysis.pairs import QUIET_CAPACITY, QUIET_FOREIGN_CORES, QUIET_STEAL
from pytest_parlab.analysis.replay import BLOCKED_SHARE
from pytest_parlab.analysis.speedup import SHORTEST_S
from pytest_parlab.analysis.verdict import AGREEMENT, GUARD
from pytest_parlab.report.losses import loss_sentence, seconds
from pytest_parlab.report.text import joined, wrapped

if TYPE_CHECKING:
    from pytest_parlab.analysis.speedup import Speedup

WORTH_TELLING = 0.03
"""Share of the candidate's time below which its largest loss is not worth a sentence in a pass."""


def speedup_text(result: Speedup, *, width: int = 100) -> str:
    """Say a verdict on a speedup: one line of numbers, then why, then what would change it.

    Args:
        result: The verdict.
        width: Columns to stay within.
    """
    paragraphs = [headline(result), *reasons(result), _books(result)]
    return joined([line for paragraph in paragraphs if paragraph for line in wrapped(paragraph, width)])


def headline(result: Speedup) -> str:
    """The numbers: ``1.97x on 2 workers (95 % 1.90-2.04), wanted 1.5x; wall 1.00x because ...``."""
    workers = "1 worker" if result.workers == 1 else f"{result.workers} workers"
    text = f"{result.speedup:.2f}x on {workers}"
    if result.pairs > 1:
        text += f" (95 % {result.low:.2f}-{result.high:.2f})"
    if result.at_least is not None:
        text += f", wanted {result.at_least:g}x"
    if result.decided_by == "replay":
        return f"{text}; wall {result.wall:.2f}x because {disturbance(result)}"
    if result.decided_by == "both":
        return f"{text}; replayed {result.replayed:.2f}x, which does not agree"
    return text


def disturbance(result: Speedup) -> str:
    """Why wall time means nothing here, as a clause."""
    machine, workers = result.machine, result.workers
    if machine.usable_cores < workers:
        return f"only {_cores(machine.usable_cores)} can be used here"
    if machine.throttled:
        return "the CPU quota of this container stopped it"
    if machine.foreign_cores >= QUIET_FOREIGN_CORES:
        return f"other programs used {_cores(machine.foreign_cores)}"
    if machine.steal >= QUIET_STEAL:
        return f"the hypervisor took {machine.steal:.0%} of the time"
    if machine.capacity < QUIET_CAPACITY * workers:
        return f"{workers} busy processes together get only {machine.capacity:.2f} times the work of one done here"
    return "the machine was not quiet"


def reasons(result: Speedup) -> list[str]:
    """What explains the verdict, in sentences."""
    if result.doubt:
        return [_doubt(result)]
    if result.fake:
        return [_fake(result)]
    if not result.losses:
        return []
    loss = result.losses[0]
    if result.state == "failed" or loss.seconds > WORTH_TELLING * result.candidate_s:
        return [loss_sentence(loss, total_s=result.candidate_s, busy_cores=result.busy_cores)]
    return []


def _books(result: Speedup) -> str:
    pairs = "1 pair of runs" if result.pairs == 1 else f"{result.pairs} pairs of runs"
    return (
        f"Speedup = work factor x busy cores: {result.work_factor:.2f} x {result.busy_cores:.2f}; "
        f"baseline {seconds(result.baseline_s)}, candidate {seconds(result.candidate_s)}; {pairs}."
    )


def _cores(number: float) -> str:
    return f"{number:.1f} core" if number <= 1 else f"{number:.1f} cores"


def _fake(result: Speedup) -> str:
    low, high = result.allowed or (0.8, 1.25)
    allowed = f"{low:.2g} to {high:.3g} is allowed"
    if result.fake == "twice":
        times = 1 / result.work_factor
        return (
            f"The candidate used {times:.1f} times the CPU time of the baseline (work factor "
            f"{result.work_factor:.2f}, {allowed}): it looks as if work is done twice. Check that each item goes "
            "to one worker only, or pass work_factor=(low, high) if the parallel method needs more work."
        )
    factor = result.work_factor
    share = f"{100 / factor:.2g} % of the baseline's CPU time (work factor {factor:.3g}, {allowed})"
    looks = {
        "asleep": "and mostly waited: it looks as if it sleeps instead of working.",
        "prepared": "to return the same: it looks as if answers were prepared beforehand, or the work is not done.",
        "cleverer": "in one process: it looks like a quicker serial method, not like more cores. Give the baseline "
        "the same method, or pass work_factor=(low, high).",
        "less-work": "to return the same: it looks as if part of the work is not done, or is done by a quicker "
        "method. Give the baseline the same method, or pass work_factor=(low, high).",
    }
    return f"The candidate used {share} {looks[result.fake]}"


def _doubt(result: Speedup) -> str:
    if result.doubt == "too-short":
        return (
            f"Undecided: the baseline takes {seconds(result.baseline_s)}, and below {seconds(SHORTEST_S)} starting "
            "processes hides what there is to see. An input for which it takes 200 ms or more would settle it."
        )
    if result.doubt == "waiting":
        return (
            "Undecided: the baseline waits for most of its time instead of computing, so CPU time cannot vouch for "
            "the speedup. If waiting is the work here, work_factor=None would settle it by wall time alone."
        )
    if result.doubt == "work-factor":
        low, high = result.allowed or (0.8, 1.25)
        return (
            f"Undecided: fast enough, but the work factor {result.work_factor:.2f} is at the edge of what is allowed "
            f"({low:.2g} to {high:.3g}). Longer runs, or work_factor=(low, high), would settle it."
        )
    return f"Undecided: {_noise(result)}"


def _noise(result: Speedup) -> str:
    wanted = result.at_least or 1.0
    apart = result.replayed_free > result.replayed * (1 + BLOCKED_SHARE)
    if result.decided_by == "both":
        return (
            f"wall time says {result.wall:.2f}x and the replay of the same runs {result.replayed:.2f}x; on a quiet "
            f"machine they should agree within {AGREEMENT:.0%}. Longer runs would settle it."
        )
    if (
        result.decided_by == "replay"
        and apart
        and result.replayed < wanted * (1 + GUARD)
        and result.replayed_free > wanted
    ):
        return (
            f"tasks were blocked for part of their time, so that the speedup lies between {result.replayed:.2f}x and "
            f"{result.replayed_free:.2f}x. {result.workers} cores without other programs would settle it."
        )
    if result.decided_by == "replay" and wanted <= result.replayed <= wanted * (1 + GUARD):
        return (
            f"without neighbours this would be {result.replayed:.2f}x, and a replay is only exact to {GUARD:.0%}. "
            f"{result.workers} cores without other programs would settle it."
        )
    if result.pairs_needed is not None and result.pairs_needed > result.pairs:
        return (
            f"{result.speedup:.2f}x is too close to {wanted:g}x for the spread of these runs. About "
            f"{result.pairs_needed} pairs, a quieter machine or longer runs would settle it."
        )
    return f"the pairs measured in the time allowed do not settle it. More than {result.pairs} pairs would."
