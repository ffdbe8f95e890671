"""One resource a schedule, and all orders in which it may be touched with the same chance.

Zhao, Wolff, Mathur and Roychoudhury, "Selectively uniform concurrency testing" (ASPLOS 2025). The next one to touch
the resource is drawn by how many touches each process has left, those of processes that it will start included; the
others are held where they are about to touch it. All other steps are taken at random.

Two variations take turns with it. Where many processes do the same, one that does something else hardly ever comes
first: in every other schedule, what a process does is drawn before the process. And a bug may need that all others
are as far as they can be: in every other schedule, whoever is not about to touch the resource goes first.
"""

from __future__ import annotations

import random

from pytest_parlab.explore.operations import Kind, Operation
from pytest_parlab.explore.run import Run
from pytest_parlab.explore.strategies import chance
from pytest_parlab.explore.strategies.profile import Profile
from pytest_parlab.explore.strategies.protocol import Board

_NEXT, _RESOURCE, _VARIATION, _SEEN = 0, 1, 2, 8
"""Words: one more than who is to touch the resource next, 0 if that is open; the resource; which variation; who has
been met, one bit a process."""
_LEFT, _UNBORN, _PARENT, _ALIKE = 64, 512, 1024, 1536
"""Words of each process: touches it has left; those of processes that it is still to start; one more than who started
it; who is like it."""
_KNOWN = 448
"""Processes that there are words for."""
_BY_SHAPE, _OTHERS_FIRST = 1, 2
_SEEN_BITS = 64


class SURW:
    """Sample the orders of touches of one contended resource, each resource in turn.

    Args:
        profile: What is known of the program; by default its own, which learns from each run.
        varied: The two variations take turns with the published method.

    Attributes:
        name: See `Strategy`.
        exhausted: Never.
        listens: Yes.
    """

    name = "SURW"
    exhausted = False
    listens = True

    def __init__(self, profile: Profile | None = None, *, varied: bool = True) -> None:
        self._learns = profile is None
        self._profile = profile or Profile()
        self._varied = varied
        self._turns: list[int] = []

    def begin(self, words: memoryview, rng: random.Random) -> bool:
        """Choose the resource, and write down what each process is expected to do with it."""
        chance.seed(words, rng)
        profile = self._profile
        contended = profile.contended()
        self._turns = [resource for resource in self._turns if resource in contended]
        if not self._turns:
            self._turns = contended
            rng.shuffle(self._turns)
        chance.clear(words, _ALIKE + _KNOWN)
        words[_RESOURCE] = resource = self._turns.pop() if self._turns else 0
        words[_VARIATION] = rng.randrange(4) if self._varied else 0
        touches = profile.touches(resource)
        for process in range(min(max(profile.alike, default=0) + 1, _KNOWN)):
            words[_LEFT + process] = touches.get(process, 0)
            words[_PARENT + process] = profile.parents.get(process, -1) + 1
            words[_ALIKE + process] = profile.alike.get(process, process)
        for process, count in touches.items():
            child = process
            while (parent := profile.parents.get(child)) is not None:
                words[_UNBORN + parent] += count
                child = parent
        return True

    def choose(self, board: Board) -> int:
        """Whoever is next to touch the resource, or anybody who does not touch it."""
        words, enabled = board.words, board.enabled
        self._meet(words, enabled)
        touching, rest, resource = 0, enabled, words[_RESOURCE]
        while rest and resource:
            low = rest & -rest
            rest ^= low
            operation = board.operation(low.bit_length() - 1)
            if operation.resource == resource and operation.kind != Kind.RELEASE:
                touching |= low
        others = enabled & ~touching
        if not touching or (others and words[_VARIATION] & _OTHERS_FIRST):
            return chance.pick(words, others)
        if not words[_NEXT]:
            words[_NEXT] = self._draw(words, self._met(words)) + 1
        following = (1 << words[_NEXT]) >> 1
        if not others and not touching & following:
            following = 1 << self._draw(words, touching)
        process = chance.pick(words, others | touching & following)
        if touching >> process & 1:
            words[_NEXT] = 0
            words[_LEFT + process] -= words[_LEFT + process] > 0
        return process

    def happened(self, board: Board, process: int, operation: Operation) -> None:
        """All is known from the choices."""

    def end(self, run: Run) -> None:
        """Count the touches."""
        if self._learns:
            self._profile.learn(run)

    @staticmethod
    def _met(words: memoryview) -> int:
        return int.from_bytes(words[_SEEN : _SEEN + _KNOWN // _SEEN_BITS].tobytes(), "little")

    @staticmethod
    def _meet(words: memoryview, enabled: int) -> None:
        """Take what a process has before it from the account of the one that started it."""
        at = _SEEN
        while enabled:
            new = enabled & (1 << _SEEN_BITS) - 1 & ~words[at]
            if new:
                words[at] |= new
                while new:
                    process = (at - _SEEN) * _SEEN_BITS + (new & -new).bit_length() - 1
                    new &= new - 1
                    parent = words[_PARENT + process]
                    if parent:
                        words[_UNBORN + parent - 1] -= words[_LEFT + process] + words[_UNBORN + process]
            enabled >>= _SEEN_BITS
            at += 1

    @staticmethod
    def _draw(words: memoryview, processes: int) -> int:
        """One of the processes, by what each has left; by kind first, if that is the variation."""
        weights = []
        while processes:
            process = (processes & -processes).bit_length() - 1
            processes &= processes - 1
            weights.append((process, words[_LEFT + process] + words[_UNBORN + process]))
        if words[_VARIATION] & _BY_SHAPE:
            shapes = sorted({words[_ALIKE + process] for process, weight in weights if weight})
            if shapes:
                shape = shapes[chance.below(words, len(shapes))]
                weights = [one for one in weights if words[_ALIKE + one[0]] == shape]
        total = sum(weight for _, weight in weights)
        if not total:
            return weights[chance.below(words, len(weights))][0]
        ticket = chance.below(words, total)
        for process, weight in weights:
            ticket -= weight
            if ticket < 0:
                return process
        raise AssertionError("a ticket beyond the last one")
