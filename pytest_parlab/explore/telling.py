"""What the processes of a schedule wrote down of their steps, as what a report shows."""

from __future__ import annotations

import linecache
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from pytest_parlab.explore.exploration import Blocked, Moment, Place
from pytest_parlab.explore.operations import Kind
from pytest_parlab.explore.run import Run

_WAITS_FOR = {
    Kind.JOIN: "the end of {}",
    Kind.WAIT: "{} to be notified",
    Kind.LEAVE: "the others at {}",
    Kind.CALL: "a change of {}",
    Kind.FLUSH: "room in {}",
    Kind.GET: "an item of {}",
    Kind.PUT: "room in {}",
    Kind.SEND: "room in {}",
    Kind.TASKS: "all tasks of {} to be done",
    Kind.RECEIVE: "something to read from {}",
    Kind.READ: "a change of {}",
    Kind.LOOK: "a change of {}",
    Kind.TRY: "a change of {}",
    Kind.TAKE: "a task of {}",
    Kind.RESULT: "the result of {}",
}


class Line(NamedTuple):
    """One line of a story: ``step``, ``next``, ``hold`` or ``free``; see `control.controller`."""

    what: str
    number: int
    process: str
    action: int | str
    subject: str
    path: str
    line: int
    value: str
    which: int = 0

    def place(self, rename: Callable[[str], str]) -> Place:
        """Where it was."""
        source = linecache.getline(self.path, self.line).strip() if self.path else ""
        return Place(rename(self.path), self.line, source)


def told_apart(story: Sequence[Line]) -> tuple[Line, ...]:
    """The same with a number behind what several objects are called, in the order in which those were made."""
    numbers: dict[str, set[int]] = defaultdict(set)
    for line in story:
        numbers[line.subject].add(line.which)
    return tuple(
        line._replace(subject=_numbered(line.subject, sorted(same).index(line.which) + 1))
        if len(same) > 1 and line.which
        else line
        for line in story
        for same in [numbers[line.subject] - {0}]
    )


def _numbered(subject: str, number: int) -> str:
    kind, made, where = subject.partition(" made at ")
    return f"{kind} #{number}{made}{where}"


def moments_of(run: Run, story: Sequence[Line], rename: Callable[[str], str] = str) -> tuple[Moment, ...]:
    """The steps of a schedule in words."""
    moments = []
    for line in story:
        if line.what == "step":
            action = f"{line.action} {line.value}".rstrip()
            preempts = _preempts(run, line.number)
            moments.append(
                Moment(line.process, action, line.subject, line.place(rename), line.value, preempts)
            )  # fmt: skip
    return tuple(moments)


def _preempts(run: Run, index: int) -> bool:
    if not 0 < index < len(run.steps):
        return False
    before, step = run.steps[index - 1], run.steps[index]
    return step.process != before.process and bool(step.enabled >> before.process & 1)


def blocked_in(run: Run, story: Sequence[Line], rename: Callable[[str], str] = str) -> tuple[Blocked, ...]:
    """The processes that can never go on, and who has what they wait for."""
    latest: dict[int, Line] = {}
    held: dict[int, dict[str, Line]] = {}
    for line in story:
        if line.what == "next":
            latest[line.number] = line
        elif line.what == "hold":
            held.setdefault(line.number, {})[line.subject] = line
        elif line.what == "free":
            held.get(line.number, {}).pop(line.subject, None)
    names = {number: line.process for number, line in latest.items()}
    blocked = []
    for number in sorted((latest.keys() & run.pending.keys()) - run.ends.keys()):
        line = latest[number]
        waits_for = _WAITS_FOR.get(Kind(int(line.action)), "{}").format(line.subject)
        holds = tuple(
            f"{what} since {Path(where.path).name}:{where.line}" if where.path else what
            for what, where in held.get(number, {}).items()
        )
        by = tuple(
            names[other] + (", which has ended" if other in run.ends else "")
            for other, things in held.items()
            if other != number and line.subject in things
        )
        blocked.append(Blocked(line.process, waits_for, line.place(rename), holds, by))
    return tuple(blocked)
