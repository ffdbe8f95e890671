"""What earlier schedules tell about the next one: who touches what how often, who starts whom, who is like whom."""

from __future__ import annotations

from pytest_parlab.explore.operations import INDEX_BITS, Kind
from pytest_parlab.explore.run import LIFE, Run

_FOLLOWS = frozenset({Kind.RELEASE, Kind.JOIN})
"""Operations whose place among the others on the same resource is given by those."""
_ALL, _ONE_IN = 32, 8
"""So many runs are all counted; one in so many of those that come later, for they hardly change the mean."""


class Profile:
    """The mean of the complete runs so far: of all at first, later of some.

    Attributes:
        runs: How many were counted.
        parents: Who started whom: child to parent.
        alike: A number for each process; equal where two took the same steps in a run.
    """

    def __init__(self) -> None:
        self.runs = 0
        self._offered = 0
        self.parents: dict[int, int] = {}
        self.alike: dict[int, int] = {}
        self._touches: dict[int, dict[int, int]] = {}
        self._changed: set[int] = set()
        self._guards: dict[int, set[int]] = {}

    def learn(self, run: Run) -> None:
        """Add a run."""
        if run.abandoned:
            return
        self._offered += 1
        if self._offered > _ALL and self._offered % _ONE_IN:
            return
        self.runs += 1
        self.parents.update((child, birth.parent) for child, birth in run.births.items())
        born = {child: birth.step for child, birth in run.births.items()}
        held: dict[int, set[int]] = {}
        joined = 0
        taken: dict[int, list[tuple[int, int]]] = {}
        for index, (process, operation, _) in enumerate(run.steps):
            kind, resource = operation.kind, operation.resource
            taken.setdefault(process, []).append((kind, resource))
            number = resource >> INDEX_BITS
            if kind == Kind.JOIN and process == 0:
                joined |= 1 << number - LIFE
            locks = held.setdefault(process, set())
            if kind == Kind.RELEASE:
                locks.discard(resource)
            if kind in _FOLLOWS or number >= LIFE:
                continue
            alone = process == 0 and all(step >= index or joined >> child & 1 for child, step in born.items())
            if not alone:
                touches = self._touches.setdefault(resource, {})
                touches[process] = touches.get(process, 0) + 1
                if operation.changes:
                    self._changed.add(resource)
                if kind in {Kind.READ, Kind.WRITE}:
                    self._guards[resource] = self._guards.get(resource, locks) & locks
            if kind == Kind.ACQUIRE:
                locks.add(resource)
        shapes: dict[tuple[tuple[int, int], ...], int] = {}
        self.alike = {process: shapes.setdefault(tuple(steps), process) for process, steps in taken.items()}

    def contended(self) -> list[int]:
        """Resources for which processes compete, lowest first: some change them, and no common lock guards them."""
        return sorted(
            resource
            for resource, touches in self._touches.items()
            if len(touches) > 1 and resource in self._changed and not self._guards.get(resource)
        )

    def touches(self, resource: int) -> dict[int, int]:
        """How often each process is expected to touch a resource."""
        return {process: -(-count // self.runs) for process, count in self._touches.get(resource, {}).items()}
