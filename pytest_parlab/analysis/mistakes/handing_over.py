"""PL104: the work was done by the calling process, and the children, if there are any, had nothing to do."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from pytest_parlab.analysis.mistakes.facts import (
    by_start_line,
    counted,
    duration,
    found,
)
from pytest_parlab.analysis.mistakes.source import called_target
from pytest_parlab.trace.model import Site

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_parlab.analysis.mistakes.base import Detector, Mistake, Question
    from pytest_parlab.trace.model import Process, Trace

# Parent CPU below this is starting and waiting, not work; nanoseconds.
_WORTH_MENTIONING_NS = 50_000_000
# The part of the serial reference's CPU time that the parent must have used to have done its work.
_MOST_OF_THE_WORK = 0.5
# The share of all CPU time that children may use and still have done nothing.
_NEXT_TO_NOTHING = 0.05
# What a process runs that was given no target and whose class has no `run` of its own.
_NOTHING_TO_RUN = frozenset({"BaseProcess.run", "Process.run"})
_THREADS = frozenset({"thread", "thread-pool"})


def target_called(trace: Trace, question: Question) -> Iterator[Mistake]:
    """PL104, plainest form: ``target=work(item)`` made the parent do the work, and the child had nothing to do."""
    for series in by_start_line(trace):
        idle = [one for one in series if one.target in _NOTHING_TO_RUN]
        site = idle[0].start_site if idle else None
        if site is None:
            continue
        line = called_target(site.path, question)
        how = "its target was None" if line is None else "the target is called here, and what it returned is None"
        yield found(
            "PL104",
            site if line is None else Site(site.path, line, site.function),
            f"{counted(len(idle), 'process was', 'processes were')} started without anything to run: {how}. So the "
            "parent did the work. Pass the function and its arguments separately, target=work, args=(item,); "
            "target=work(item) calls it at once, in the parent.",
            question,
        )


def work_in_the_parent(trace: Trace, question: Question) -> Iterator[Mistake]:
    """PL104: several workers were asked for and the calling process did the work."""
    if (question.workers or 0) < 2 or trace.truncated or trace.problems or not trace.processes:  # noqa: PLR2004
        return
    others = [one for one in trace.processes[1:] if one.role in {"process", "worker"}]
    if not trace.tasks and all(one.role == "worker" for one in others):
        pools = "a pool was made, but no task was given to it" if trace.groups else "no process was started"
        yield found(
            "PL104",
            trace.groups[0].site if trace.groups else None,
            f"{counted(question.workers or 0, 'worker was', 'workers were')} asked for, and {pools}: the calling "
            "process did everything itself. Hand the work over: to processes that are started by start() (run() only "
            "calls the function), or to a pool by its map or submit.",
            question,
        )
    elif others and question.cpu_bound and not any(group.kind in _THREADS for group in trace.groups):
        yield from _idle_children(trace, others, question)


def _idle_children(trace: Trace, others: list[Process], question: Question) -> Iterator[Mistake]:
    """Children ran and used next to none of the CPU time, and the parent used as much as the work takes.

    Without a serial reference this says nothing: small work may cost less than importing what it needs.
    """
    child_ns = sum(one.cpu_ns for one in others)
    parent_ns = max(trace.processes[0].cpu_ns, round((question.candidate_cpu_s or 0) * 1e9) - child_ns)
    seen_whole = all(one.started_ns is not None and one.finished_ns is not None for one in others)
    little = child_ns <= _NEXT_TO_NOTHING * (parent_ns + child_ns)
    needed_ns = max(_WORTH_MENTIONING_NS, _MOST_OF_THE_WORK * 1e9 * (question.baseline_cpu_s or math.inf))
    if seen_whole and little and parent_ns >= needed_ns:
        site = next((one.start_site for one in others if one.start_site is not None), None)
        yield found(
            "PL104",
            site,
            f"The calling process used {duration(parent_ns)} of CPU time, the "
            f"{counted(len(others), 'child', 'children')} together {duration(child_ns)}: the work was done before it "
            "was handed over, or never handed over. Do in the children what takes time.",
            question,
        )


DETECTORS: tuple[Detector, ...] = (target_called, work_in_the_parent)
