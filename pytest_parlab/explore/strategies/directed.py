"""Between two touches of one resource by one process, those of another.

A pair of touches that others may come between is what most bugs are made of that need only one variable: read-write
with a write between (a lost update), read-read and write-read with a write between, write-write with a read between
(Lu, Tucek, Qin and Zhou, "AVIO", 2006; Park, Vuduc and Harrold, "Falcon", 2010). A plan names the two processes, how
often each has touched the resource before, and how many touches of the second come between two of the first.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import permutations
from typing import NamedTuple

from pytest_parlab.explore.operations import INDEX_BITS, WHOLE, Operation
from pytest_parlab.explore.run import Run
from pytest_parlab.explore.strategies import chance
from pytest_parlab.explore.strategies.profile import Profile
from pytest_parlab.explore.strategies.protocol import Board

_PLAN, _TOUCHES = 0, 64
"""Words: the plan and what it is about; how often each process has touched the resource."""
_KNOWN = 448


class Plan(NamedTuple):
    """What is to come between what.

    Attributes:
        interrupted: The process that is interrupted.
        before: How often it has touched the resource by then.
        intruder: The one that comes between.
        skipped: Its touches that come before all that.
        inside: Its touches that come between.
    """

    interrupted: int
    before: int
    intruder: int
    skipped: int
    inside: int


class Directed:
    """Interrupt each process between each two of its touches of a resource.

    The first schedule interrupts nobody; it shows who touches the resource how often.

    Args:
        resource: A part of an object, or all of it; see `resource_of`.
        profile: What is known of the program; by default its own, which learns from each run.

    Attributes:
        name: See `Strategy`.
        exhausted: Never: there are schedules that no plan describes.
        listens: Yes.
    """

    name = "directed"
    exhausted = False
    listens = True

    def __init__(self, resource: int, profile: Profile | None = None) -> None:
        self._resource = resource
        self._learns = profile is None
        self._profile = profile or Profile()
        self._plans: Iterator[Plan] | None = None

    def begin(self, words: memoryview, rng: random.Random) -> bool:
        """Write down the next plan; False after the last one."""
        chance.seed(words, rng)
        chance.clear(words, _TOUCHES + _KNOWN)
        if not self._profile.runs:
            return True
        if self._plans is None:
            self._plans = plans(self._profile.touches(self._resource))
        plan = next(self._plans, None)
        if plan is None:
            return False
        first, before, second, skipped, inside = plan
        for index, word in enumerate((1, self._resource, first, before, second, skipped, skipped + inside)):
            words[_PLAN + index] = word
        return True

    def choose(self, board: Board) -> int:
        """Whoever comes next by the plan; if he cannot go on, somebody who does not spoil it."""
        words, enabled, last = board.words, board.enabled, board.last
        planned, resource, first, before, second, skipped, until = words[_PLAN : _PLAN + 7]
        if not enabled & (enabled - 1) or not planned:
            return last if enabled >> last & 1 else (enabled & -enabled).bit_length() - 1
        mine, others = words[_TOUCHES + first], words[_TOUCHES + second]
        wanted = second if others < skipped or (mine >= before and others < until) else first
        if enabled >> wanted & 1:
            return int(wanted)
        harmless = 0
        for process in range(enabled.bit_length()):
            if enabled >> process & 1 and not _touches(board.operation(process), resource):
                harmless |= 1 << process
        partner = first + second - wanted
        if harmless >> partner & 1:
            return int(partner)
        return chance.pick(words, harmless or enabled)

    def happened(self, board: Board, process: int, operation: Operation) -> None:
        """Count the touches."""
        if process < _KNOWN and _touches(operation, board.words[_PLAN + 1]):
            board.words[_TOUCHES + process] += 1

    def end(self, run: Run) -> None:
        """Learn who touches the resource."""
        if self._learns:
            self._profile.learn(run)


def plans(touches: dict[int, int]) -> Iterator[Plan]:
    """All plans for processes that touch a resource so often, those first in which the intruder does all it does."""
    pairs = [(first, second) for first, second in permutations(sorted(touches), 2) if touches[first] > 1]
    most = max(touches.values(), default=0)
    for skipped in range(most):
        for left_out in range(most - skipped):
            for before in range(1, most):
                for first, second in pairs:
                    inside = touches[second] - skipped - left_out
                    if before < touches[first] and inside > 0:
                        yield Plan(first, before, second, skipped, inside)


def _touches(operation: Operation, resource: int) -> bool:
    if operation.resource == resource:
        return True
    whole = operation.resource & WHOLE == WHOLE or resource & WHOLE == WHOLE
    return whole and operation.resource >> INDEX_BITS == resource >> INDEX_BITS
