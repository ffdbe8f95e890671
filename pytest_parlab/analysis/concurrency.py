"""What work looks like that did not run in as many processes at once as it should."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from pytest_parlab.analysis.pieces import pieces, rounds, serial_in_effect

if TYPE_CHECKING:
    from pytest_parlab.trace.model import Process, Site, Trace

Form = Literal["serial", "threads", "start-join", "parent", "one-by-one", "few-pieces", "one-worker", "unknown"]


@dataclass(frozen=True, slots=True)
class Shape:
    """How work was handed out.

    Attributes:
        form: ``serial`` (to nobody), ``threads`` (of one process), ``start-join`` (each process was joined before the
            next one started), ``parent`` (processes were started, the main process did the work), ``one-by-one``
            (each result was waited for before the next piece), ``few-pieces`` (fewer than workers), ``one-worker``
            (one process ran every piece), ``unknown`` (none of these).
        count: How many pieces or processes there were.
        site: The line that handed them out, if known.
    """

    form: Form
    count: int
    site: Site | None = None


def shape(trace: Trace, workers: int, *, threads_seen: bool = False) -> Shape:
    """Tell what kept the work from running in `workers` processes at once.

    Args:
        trace: The run.
        workers: How many processes should have been at work together.
        threads_seen: Threads of one process were seen at work together.
    """
    found = pieces(trace)
    kinds = {group.id: group.kind for group in trace.groups}
    threaded = {"thread", "thread-pool"}
    if threads_seen or (found and all(kinds.get(piece.group or 0) in threaded for piece in found)):
        return Shape("threads", len(found), found[0].site if found else None)
    started = [process for process in trace.processes if process.role == "process"]
    if started and not trace.tasks:
        return _shape_of_processes(trace, started, workers)
    if not found:
        return Shape("serial", 0)
    site = found[0].site
    if serial_in_effect(rounds(trace)):
        return Shape("one-by-one", len(found), site)
    if len(found) < workers:
        return Shape("few-pieces", len(found), site)
    if len({piece.process for piece in found}) == 1:
        return Shape("one-worker", len(found), site)
    return Shape("unknown", len(found), site)


def _shape_of_processes(trace: Trace, started: list[Process], workers: int) -> Shape:
    in_order = sorted(started, key=lambda process: process.created_ns)
    site = in_order[0].start_site
    ends = [process.joined_ns if process.joined_ns is not None else process.finished_ns for process in in_order]
    apart = [end is not None and end <= later.created_ns for end, later in zip(ends[:-1], in_order[1:], strict=True)]
    if apart and all(apart):
        return Shape("start-join", len(started), site)
    if trace.processes[0].cpu_ns > 2 * sum(process.cpu_ns for process in started):
        return Shape("parent", len(started), site)
    if len(started) < workers:
        return Shape("few-pieces", len(started), site)
    return Shape("unknown", len(started), site)
