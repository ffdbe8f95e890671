"""Work that did not run in parallel, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_parlab.report.text import base, counted, joined, wrapped

if TYPE_CHECKING:
    from pytest_parlab.analysis.concurrency import Shape


def not_parallel_text(shape: Shape, *, workers: int, reason: str, width: int = 100) -> str:
    """Say what was seen in place of work in `workers` processes at once.

    Args:
        shape: What the trace shows.
        workers: How many processes were asked for.
        reason: What came of the meeting, as a clause.
        width: Columns to stay within.
    """
    where = "" if shape.site is None else f" ({base(shape.site.path)}:{shape.site.line})"
    pieces, processes = counted(shape.count, "piece"), counted(shape.count, "process", "processes")
    sentences = {
        "serial": "Nothing was handed to another process: all the work ran in the caller.",
        "threads": f"The work ran in threads of one process{where}, which share one interpreter lock. Use processes.",
        "start-join": f"Each of {processes} was joined before the next one was started{where}, so they ran one "
        "after another. Start all of them first, then join them.",
        "parent": f"{processes.capitalize()} started{where}, but the main process did the work itself. Check that "
        "the function is passed, not called: target=work, not target=work().",
        "one-by-one": f"Each of {pieces} was waited for before the next was handed over{where}, so they ran one "
        "after another. Hand over all of them first, then ask for the results.",
        "few-pieces": f"The work was cut into {pieces} only{where}, so {workers} workers cannot share it. Cut it "
        "into at least one piece per worker (a smaller chunksize).",
        "one-worker": f"All {pieces} ran in one process{where}. Start as many workers as are asked for.",
        "unknown": f"{pieces.capitalize()} were handed out{where}, but not to enough processes at once.",
    }
    head = f"The work did not run in {counted(workers, 'process', 'processes')} at once: {reason}."
    return joined([*wrapped(head, width), *wrapped(sentences[shape.form], width)])
