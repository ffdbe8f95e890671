"""What it means that a race does harm under a schedule.

Either between two accesses of one process to the cell another process accesses it, so that no order of whole
processes gives the same: read-write-write (a lost update), read-write-read, write-write-read and write-read-write
(Lu, Tucek, Qin and Zhou, "AVIO", 2006). Or, where the race is that two accesses have no order, both have come about.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import PurePath
from typing import NamedTuple

from pytest_parlab.analysis.races_model import Race, RaceAccess, Step
from pytest_parlab.explore.ending import Ending
from pytest_parlab.explore.operations import INDEX_BITS, WHOLE, Kind
from pytest_parlab.explore.telling import Line

_TRIPLES = {(False, True, True), (False, True, False), (True, True, False), (True, False, True)}
"""Whether each of three accesses writes, the one in the middle by another process; no serial order gives these."""
_LOST_UPDATE = (False, True, True)
_OF_ORDER = {"unserialisable", "unprotected-access"}
"""Kinds of races that two accesses without an order make."""


class Touch(NamedTuple):
    """One access of a schedule to shared memory."""

    step: int
    process: str
    writes: bool
    resource: int
    line: Line

    def is_at(self, side: RaceAccess) -> bool:
        """Tell whether it comes from the line of a race's side, whose path may be a part of the whole one."""
        parts = PurePath(side.path).parts
        return self.line.line == side.line and PurePath(self.line.path).parts[-len(parts) :] == parts

    def is_of(self, race: Race) -> bool:
        """Tell whether it comes from one of a race's two lines."""
        return self.is_at(race.first) or self.is_at(race.second)


def touches_of(ending: Ending) -> list[Touch]:
    """The accesses of a schedule to shared memory."""
    touches = []
    for line in (Line(*line) for line in ending.story):
        if line.what == "step" and 0 <= line.number < len(ending.run.steps):
            operation = ending.run.steps[line.number].operation
            if operation.kind in {Kind.READ, Kind.WRITE}:
                writes = operation.kind == Kind.WRITE
                touches.append(Touch(line.number, line.process, writes, operation.resource, line))
    return touches


def harmful(race: Race, touches: Sequence[Touch]) -> tuple[Touch, ...]:
    """The three accesses of a schedule that do the race's harm: its lines, in an order that no serial one gives."""
    wanted = {_LOST_UPDATE} if race.kind == "lost-update" else _TRIPLES
    for process in dict.fromkeys(touch.process for touch in touches):
        for resource in dict.fromkeys(touch.resource for touch in touches):
            here = [touch for touch in touches if _overlap(touch.resource, resource)]
            for first, last in pairwise(touch for touch in here if touch.process == process):
                for middle in reversed(here):
                    between = first.step < middle.step < last.step and middle.process != process
                    between = between and _overlap(first.resource, middle.resource)
                    between = between and _overlap(middle.resource, last.resource)
                    kinds = first.writes, middle.writes, last.writes
                    if between and kinds in wanted and _is_about(race, first, middle, last):
                        return first, middle, last
    return ()


class Orders:
    """In which orders the two accesses of a race have come about, schedule by schedule.

    Args:
        race: The race.
    """

    def __init__(self, race: Race) -> None:
        self._race = race
        self._seen: dict[tuple[str, str], bool] = {}

    def other(self, touches: Sequence[Touch]) -> tuple[Touch, ...]:
        """The two accesses, if they have come about in both orders now."""
        if self._race.kind not in _OF_ORDER:
            return ()
        for one, other in self._pairs(touches):
            order = one.step < other.step
            if self._seen.setdefault((one.process, other.process), order) is not order:
                return (one, other) if order else (other, one)
        return ()

    def _pairs(self, touches: Sequence[Touch]) -> Iterator[tuple[Touch, Touch]]:
        """For each two processes, the first access of one at one side of the race, and of the other at the other."""
        met = set()
        for one in touches:
            for other in touches:
                pair = one.process, other.process
                if (
                    pair not in met
                    and one.process != other.process
                    and (one.writes or other.writes)
                    and _overlap(one.resource, other.resource)
                    and one.is_at(self._race.first)
                    and other.is_at(self._race.second)
                ):
                    met.add(pair)
                    yield one, other


def _overlap(one: int, other: int) -> bool:
    """Tell whether two resources are the same, or one is all of what the other is a part of."""
    if one == other:
        return True
    whole = one & WHOLE == WHOLE or other & WHOLE == WHOLE
    return whole and one >> INDEX_BITS == other >> INDEX_BITS


def _is_about(race: Race, first: Touch, middle: Touch, last: Touch) -> bool:
    """Tell whether both sides of a race take part: one in the middle, the other around it."""
    outer = (first, last)
    return any(
        middle.is_at(one) and any(touch.is_at(other) for touch in outer)
        for one, other in ((race.first, race.second), (race.second, race.first))
    )


def steps_of(race: Race, touches: Sequence[Touch], found: Sequence[Touch]) -> Iterator[Step]:
    """The accesses to the cell from the first to the last of those that do harm, in words."""
    first, *_, last = found
    here = [touch for touch in touches if _overlap(touch.resource, first.resource)]
    shown = [touch for touch in here if first.step <= touch.step <= last.step]
    numbers = {touch.step: number for number, touch in enumerate(shown, start=1)}
    paths = {side.line: side.path for side in (race.first, race.second)}
    names = _names(race, shown, found)
    for touch in shown:
        note, line = "", touch.line
        if touch.step == last.step and len(found) < len(_LOST_UPDATE):
            note = "or before step 1: both orders came about"
        elif touch.step == last.step and tuple(one.writes for one in found) == _LOST_UPDATE:
            note = f"step {numbers[found[1].step]} is overwritten"
        yield Step(
            names.get(touch.process, touch.process),
            f"{line.action} {line.value}",
            paths.get(line.line, line.path),
            line.line,
            line.value,
            note,
        )


def _names(race: Race, shown: Sequence[Touch], found: Sequence[Touch]) -> dict[str, str]:
    """How the race calls the processes of a schedule; empty if there are others among them."""
    one, other = found[0], found[1]
    if {touch.process for touch in shown} != {one.process, other.process}:
        return {}
    swapped = other.is_at(race.first) and not other.is_at(race.second)
    first, second = (race.second, race.first) if swapped else (race.first, race.second)
    if first.process == second.process:
        return {}
    return {one.process: first.process, other.process: second.process}
