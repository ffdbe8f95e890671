"""What must come before what in a run: program order, births, ends, and pairs of steps that do not commute.

Two runs with the same steps in the same order of all pairs that do not commute are one and the same for everybody in
them (a Mazurkiewicz trace). The past of a step is a set of steps, one bit each.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from pytest_parlab.explore.operations import EVERYTHING, INDEX_BITS, Kind, Operation, dependent
from pytest_parlab.explore.run import LIFE, Run


class Event(NamedTuple):
    """A step as the others see it.

    Attributes:
        process: Who took it.
        operation: What it did.
        ended: Processes that ended with it, one bit each.
    """

    process: int
    operation: Operation
    ended: int


def bits(mask: int) -> Iterator[int]:
    """The members of a set, lowest first."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


def events(run: Run, start: int = 0) -> list[Event]:
    """The steps of a run from `start` on."""
    ended: dict[int, int] = {}
    for process, step in run.ends.items():
        last = _birth(run, process) if step < 0 else step
        ended[last] = ended.get(last, 0) | 1 << process
    return [
        Event(step.process, step.operation, ended.get(index, 0))
        for index, step in enumerate(run.steps[start:], start)
    ]


def commute(first: Event, second: Event) -> bool:
    """Tell whether two steps of different processes lead to the same in either order."""
    return not (
        dependent(first.operation, second.operation)
        or _sees_end(first.operation, second.ended)
        or _sees_end(second.operation, first.ended)
        or _puts_an_end(first.operation, second.process)
        or _puts_an_end(second.operation, first.process)
    )


def previous(run: Run, process: int, owns: Sequence[int]) -> int:
    """The step after which a process was on its way to its next one: its own last one, else its birth; -1 if none.

    Args:
        run: Where to look for births.
        process: Whose next step it is.
        owns: Its own steps so far, in order.
    """
    return owns[-1] if owns else _birth(run, process)


def pasts(run: Run) -> list[int]:
    """For each step of a run those that must come before it."""
    listed = events(run)
    owns: dict[int, list[int]] = {}
    found: list[int] = []
    for index, event in enumerate(listed):
        mine = owns.setdefault(event.process, [])
        before = previous(run, event.process, mine)
        past = 0 if before < 0 else found[before] | 1 << before
        for earlier in range(index - 1, -1, -1):
            if not past >> earlier & 1 and listed[earlier].process != event.process:
                past |= 0 if commute(listed[earlier], event) else found[earlier] | 1 << earlier
        found.append(past)
        mine.append(index)
    return found


def signature(run: Run) -> tuple[object, ...]:
    """What is equal for two runs exactly if they differ only in the order of steps that commute."""
    numbered: dict[int, list[int]] = {}
    for index, step in enumerate(run.steps):
        numbered.setdefault(step.process, []).append(index)
    found = pasts(run)
    return tuple(
        (process, tuple((run.steps[own].operation, _counts(found[own], numbered)) for own in owns))
        for process, owns in sorted(numbered.items())
    )


def _counts(past: int, numbered: dict[int, list[int]]) -> tuple[int, ...]:
    return tuple(sum(past >> index & 1 for index in owns) for _, owns in sorted(numbered.items()))


def _sees_end(operation: Operation, ended: int) -> bool:
    number = (operation.resource >> INDEX_BITS) - LIFE
    return number >= 0 and bool(ended if operation.resource == EVERYTHING else ended >> number & 1)


def _puts_an_end(operation: Operation, process: int) -> bool:
    """Tell whether an operation ends a process, whatever that was about to do."""
    return operation.kind == Kind.CLOSE and operation.resource >> INDEX_BITS == LIFE + process


def _birth(run: Run, process: int) -> int:
    """The step in which a process began; -1 if that was before anybody's first one."""
    while (birth := run.births.get(process)) is not None:
        if birth.step >= 0:
            return birth.step
        process = birth.parent
    return -1
