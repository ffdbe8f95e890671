"""Where the time of a parallel run went, one sentence per cause."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_parlab.report.text import base, counted, data_size, duration

if TYPE_CHECKING:
    from pytest_parlab.analysis.losses import Loss

MANY_BYTES = 1 << 20


def loss_sentence(loss: Loss, *, total_s: float, busy_cores: float) -> str:
    """Say one loss.

    Args:
        loss: The loss.
        total_s: Time of the whole run, to set it against.
        busy_cores: Cores that the run kept busy.
    """
    where = "" if loss.site is None else f" ({base(loss.site.path)}:{loss.site.line})"
    part = f"{seconds(loss.seconds)} of {seconds(total_s)}"
    pieces = counted(loss.count, "piece")
    carried = f", {data_size(loss.bytes)} of it pickled" if loss.bytes >= MANY_BYTES else ""
    sentences = {
        "serial": "No work was handed to another process or thread: all of it ran in the caller, on one core.",
        "one-by-one": f"Each of the {pieces} of work was waited for before the next was handed over{where}, so they "
        "ran one after another. Hand over all of them first, then wait.",
        "threads": f"All {pieces} of work ran in threads of one process{where}, where one interpreter lock lets one "
        f"thread compute at a time: {busy_cores:.1f} cores were busy. Use processes for work that computes.",
        "few-workers": f"The work was handed over in {pieces}{where}, and only {loss.lanes} could run at once. Cut "
        "it into at least one piece per worker, and start as many workers as are asked for.",
        "start-up": f"The largest loss is starting {counted(loss.count, 'process', 'processes')}{where}: {part}. "
        "Start them once and give them more to do.",
        "main": f"The largest loss is time in which the main process did something else than run pieces{where}: "
        f"{part}. Move that work into the workers, or overlap it with theirs.",
        "locks": f"The largest loss is waiting for locks{where}: {part}. Hold locks for the shared update only.",
        "imbalance": f"The largest loss is imbalance{where}: for {part} not all workers had work, because "
        f"{pieces} of work cannot be shared evenly. Use more and smaller pieces.",
        "hand-over": f"The largest loss is handing over {pieces}{where}{carried}: {part}. Use fewer and larger "
        "pieces, with chunksize for example, and send less data.",
        "extra-work": f"The largest loss is work that the baseline does not do{where}: {part}.",
    }
    return sentences[loss.cause]


def seconds(value: float) -> str:
    """Say a duration with three digits, without trailing noise: ``1.25 s``, ``20 ms``."""
    return duration(round(value * 1e9))
