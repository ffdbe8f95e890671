"""PL1xx: processes that are started, joined and watched in the wrong way."""

from __future__ import annotations

import signal
from itertools import pairwise
from typing import TYPE_CHECKING

from pytest_parlab.analysis.intervals import most_at_once
from pytest_parlab.analysis.mistakes.facts import (
    by_start_line,
    counted,
    found,
    line_of,
    listed,
    title_of,
)
from pytest_parlab.analysis.mistakes.source import call_has_arguments, in_a_while, in_one_loop
from pytest_parlab.trace.model import Access, Process, Trace, happens_before

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_parlab.analysis.mistakes.base import Detector, Mistake, Question

# A child that is left but whose work is not read explains little of a wrong answer.
_WEIGHT_OF_A_LEFT_CHILD = 0.45
# "Far more" processes than cores: this many times as many, and at least so many.
_FAR_MORE_TIMES = 4
_FAR_MORE_AT_LEAST = 8
# Signals that a process brings upon itself; others are sent on purpose. Their numbers differ by system.
_CRASHES = frozenset(
    getattr(signal, name) for name in ("SIGSEGV", "SIGABRT", "SIGBUS", "SIGFPE", "SIGILL") if hasattr(signal, name)
)


def one_after_another(trace: Trace, question: Question) -> Iterator[Mistake]:
    """PL101: every process of a line is joined before the next is started, in one loop."""
    if question.workers == 1:
        return
    for series in by_start_line(trace):
        one_by_one = all(
            one.joined_ns is not None and one.joined_ns <= following.created_ns for one, following in pairwise(series)
        )
        first = series[0]
        if len(series) < 2 or not one_by_one or first.start_site is None or first.join_site is None:  # noqa: PLR2004
            continue
        looped = in_one_loop(first.start_site, first.join_site, question)
        # Without the source, two calls that start one process each look the same, unless several were asked for.
        if looped or (looped is None and (question.workers or 0) > 1):
            yield found(
                "PL101",
                first.join_site,
                f"{counted(len(series), 'process was', 'processes were')} started ({line_of(first.start_site)}), and "
                f"each was joined ({line_of(first.join_site)}) before the next was started, so only one ran at a "
                "time. Start all of them in one loop, then join all of them in a second loop.",
                question,
            )


def left_behind(trace: Trace, question: Question) -> Iterator[Mistake]:
    """PL102, first form: nobody ever waited for a child."""
    if question.cut_short:
        return
    for series in by_start_line(trace):
        left = [one for one in series if one.joined_ns is None and not one.exit_code_read]
        impatient = [one for one in left if one.join_called_ns is not None and _gave_up(trace, one, question)]
        left = [one for one in left if one.join_called_ns is None] or impatient
        if not left:
            continue
        running = [one for one in left if not one.ended and one.exit_code is None]
        still = f" {counted(len(running), 'was', 'were')} still running at the end." if running else ""
        yield found(
            "PL102",
            left[0].start_site,
            f"{len(left)} of {counted(len(series), 'process', 'processes')} started here "
            f"({listed(title_of(one) for one in left)}) {_how_left(left)}.{still} "
            "Keep the Process objects in a list and call join() on each, after all are started and before the "
            "answer is used.",
            question,
            _WEIGHT_OF_A_LEFT_CHILD,
        )


def _gave_up(trace: Trace, child: Process, question: Question) -> bool:
    """The parent's ``join`` came back without the child's end; a parent that still waits in it has not given up."""
    called = child.join_called_ns or 0
    went_on = any(
        other.parent == child.parent and max(other.created_ns, other.join_called_ns or 0) > called
        for other in trace.processes
        if other.index != child.index
    )
    return went_on or (child.join_site is not None and bool(call_has_arguments(child.join_site, "join", question)))


def _how_left(left: list[Process]) -> str:
    verb = "was" if len(left) == 1 else "were"
    if left[0].join_called_ns is None:
        return f"{verb} never joined"
    return f"{verb} not joined to the end: the join in {line_of(left[0].join_site)} ran into its timeout"


def read_too_early(trace: Trace, question: Question) -> Iterator[Mistake]:
    """PL102, second form: the parent's last look at a cell came before a child's write that nothing ordered."""
    last_reads: dict[tuple[int, tuple[int, int]], Access] = {}
    for access in trace.accesses:
        if access.kind == "read":
            key = (access.strand, access.cell)
            if key not in last_reads or last_reads[key].position < access.position:
                last_reads[key] = access
    seen: set[tuple[str, int]] = set()
    for (strand, cell), read in last_reads.items():
        parent = trace.process_of(strand)
        late = [write for write in trace.accesses if write.cell == cell and _came_later(trace, parent, read, write)]
        place = (read.site.path, read.site.line)
        if not late or place in seen or in_a_while(read.site, question):
            continue
        seen.add(place)
        writers = sorted({title_of(trace.process_of(write.strand)) for write in late})
        yield found(
            "PL102",
            read.site,
            f"{parent.name} read the shared result here while {listed(writers)} had not finished: "
            f"{counted(len(late), 'write', 'writes')} came after the read. Call join() on every process first, then "
            "read.",
            question,
        )


def _came_later(trace: Trace, parent: Process, read: Access, write: Access) -> bool:
    child = trace.process_of(write.strand)
    return (
        write.kind == "write"
        and child.parent == parent.index
        and child.role == "process"
        and read.version < max(write.version + 1, write.last_version)
        and not happens_before(write, read)
        and not happens_before(read, write)
    )


def failed_unseen(trace: Trace, question: Question) -> Iterator[Mistake]:
    """PL103: a child raised or crashed, and its exit code was never read."""
    for series in by_start_line(trace):
        failed = [one for one in series if not one.exit_code_read and _failed(one)]
        if failed:
            first = failed[0]
            others = f", and so did {counted(len(failed) - 1, 'other', 'others')}" if len(failed) > 1 else ""
            yield found(
                "PL103",
                first.start_site,
                f"{title_of(first)} {_how_it_ended(first)}{others}, and the parent went on as if all were well: "
                "join() does not raise. After join(), read exitcode and raise when it is not 0.",
                question,
            )


def _failed(child: Process) -> bool:
    code = child.exit_code
    return bool(child.error) or (code is not None and (code > 0 or -code in _CRASHES))


def _how_it_ended(child: Process) -> str:
    if child.error:
        return f"ended with {child.error}"
    code = child.exit_code or 0
    return f"ended with exit code {code}" if code > 0 else f"was ended by {signal.Signals(-code).name}"


def one_process_per_item(trace: Trace, question: Question) -> Iterator[Mistake]:
    """PL105: far more processes at once than cores or workers asked for."""
    wanted = max(question.workers or 0, question.cores or 0)
    if not wanted:
        return
    limit = max(_FAR_MORE_TIMES * wanted, _FAR_MORE_AT_LEAST)
    for series in by_start_line(trace):
        # From start to join: a short-lived process counts as long as the code keeps it.
        kept = [(one.created_ns, one.joined_ns or trace.finished_ns or one.created_ns + 1) for one in series]
        most = most_at_once(kept)
        if most > limit:
            measure = (
                f"{question.workers} workers were asked for" if question.workers else f"{wanted:g} cores are there"
            )
            yield found(
                "PL105",
                series[0].start_site,
                f"{most} processes were started at once, where {measure}: each costs its start and its memory, and "
                "they take turns on the cores. Start one process per worker and give each a share of the items, or "
                "use a Pool.",
                question,
            )


DETECTORS: tuple[Detector, ...] = (
    one_after_another,
    left_behind,
    read_too_early,
    failed_unseen,
    one_process_per_item,
)
