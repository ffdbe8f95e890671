"""What several detectors share: naming processes, places and durations, and counting what ran at once."""

from __future__ import annotations

from collections import defaultdict
from itertools import groupby
from pathlib import PurePath
from typing import TYPE_CHECKING, TypeAlias

from pytest_parlab.analysis.mistakes.base import Mistake, Question
from pytest_parlab.analysis.mistakes.codes import WEIGHTS, catalogue

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_parlab.trace.model import Process, Site, Task, Trace

Frame: TypeAlias = tuple[str, int, str]
"""Path, line and function."""

Interval: TypeAlias = tuple[int, int]
"""From and to, in nanoseconds."""

_NS_PER_MS = 1_000_000
_NS_PER_S = 1_000_000_000


def frames(site: Site) -> tuple[Frame, ...]:
    """The call chain that led to a site, innermost first, the site itself included once."""
    own = (site.path, site.line, site.function)
    return site.stack if site.stack[:1] == (own,) else (own, *site.stack)


def is_judged(path: str, question: Question) -> bool:
    """Tell whether code in this file is the one that the question is about."""
    if not question.user_paths:
        return True
    here = PurePath(path)
    return any(here == PurePath(user) or PurePath(user) in here.parents for user in question.user_paths)


def found(code: str, site: Site | None, message: str, question: Question, weight: float | None = None) -> Mistake:
    """Make a finding, placed at the innermost line of the judged code that led to `site`."""
    path: str | None = None
    line: int | None = None
    if site is not None:
        chain = frames(site)
        path, line, _ = next((frame for frame in chain if is_judged(frame[0], question)), chain[0])
    return Mistake(code, catalogue[code], path, line, message, WEIGHTS[code] if weight is None else weight)


def children(trace: Trace) -> list[Process]:
    """The processes that the user's code started itself, in the order of their creation."""
    return sorted((one for one in trace.processes if one.role == "process"), key=lambda one: one.created_ns)


def by_start_line(trace: Trace) -> list[list[Process]]:
    """The children, those of one parent and one line of code together, each list in the order of creation."""
    series: dict[tuple[int | None, str, int], list[Process]] = defaultdict(list)
    for child in children(trace):
        if child.start_site is not None:
            series[child.parent, child.start_site.path, child.start_site.line].append(child)
    return list(series.values())


def tasks_by_group(trace: Trace) -> dict[int, list[Task]]:
    """The tasks of each pool or executor that had any, in the order of their submission."""
    ordered = sorted(trace.tasks, key=lambda task: (task.group, task.submitted_ns, task.id))
    return {group: list(tasks) for group, tasks in groupby(ordered, key=lambda task: task.group)}


def busy(tasks: Iterable[Task]) -> list[Interval]:
    """When each finished task ran."""
    return [
        (task.started_ns, task.finished_ns)
        for task in tasks
        if task.started_ns is not None and task.finished_ns is not None
    ]


def duration(ns: float) -> str:
    """A duration as a person says it: ``350 us``, ``12 ms``, ``1.4 s``."""
    if ns >= _NS_PER_S:
        return f"{ns / _NS_PER_S:.1f} s"
    if ns >= _NS_PER_MS:
        return f"{ns / _NS_PER_MS:.0f} ms"
    return f"{ns / 1000:.0f} us"


def counted(number: int, one: str, many: str) -> str:
    """A number with its noun: ``1 process``, ``4 processes``."""
    return f"{number} {one if number == 1 else many}"


def listed(names: Iterable[str], limit: int = 3) -> str:
    """Names as a sentence holds them: ``A``, ``A and B``, ``A, B, C and 5 more``."""
    every = list(names)
    shown = every[:limit]
    if len(every) > limit:
        return f"{', '.join(shown)} and {len(every) - limit} more"
    return " and ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)


def title_of(process: Process) -> str:
    """A process and what it runs: ``Process-1 (add_all)``."""
    return f"{process.name} ({process.target})" if process.target else process.name


def line_of(site: Site | None) -> str:
    """``line 12``, or ``an unknown line``."""
    return "an unknown line" if site is None else f"line {site.line}"
