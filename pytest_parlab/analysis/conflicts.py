"""Pairs of patterns of two strands in one cell that nothing keeps apart.

Clocks only grow along a strand, so of everything that another strand does, what is concurrent with a given pattern is
one stretch: two binary searches find it, however long the run was.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from pytest_parlab.analysis.updates import Update
from pytest_parlab.trace.model import Clock

Shape = tuple[object, ...]


@dataclass(slots=True)
class Series:
    """The patterns of one strand in one cell that are alike: same kind, same places, same locks.

    Attributes:
        members: In program order.
        known: For each other strand that was asked for, how much of it each member knew at its first access.
    """

    members: list[Update]
    known: dict[int, list[int]] = field(default_factory=dict)
    _ends: list[int] = field(default_factory=list)

    @property
    def ends(self) -> list[int]:
        """The members' own epochs, at their last accesses."""
        if not self._ends:
            strand = self.members[0].write.strand
            self._ends = [member.write.clock[strand] for member in self.members]
        return self._ends

    def knowledge_of(self, strand: int) -> list[int]:
        """How many epochs of a strand each member knew to be over when it began."""
        if strand not in self.known:
            self.known[strand] = [member.begin.clock[strand] for member in self.members]
        return self.known[strand]

    @property
    def count(self) -> int:
        """How many there were in the run: those of one epoch are counted together."""
        counts: dict[Clock, list[int]] = defaultdict(list)
        for member in self.members:
            counts[member.write.clock].append(member.write.count)
        return sum(max(*epoch, len(epoch)) for epoch in counts.values())


def series_of(patterns: Iterable[Update]) -> list[Series]:
    """Sort the patterns of one strand into series."""
    found: dict[Shape, list[Update]] = defaultdict(list)
    quickly: dict[Shape, list[Update]] = {}
    for one in patterns:
        read, write, protection, pattern = one
        begin = (read or write).site
        same = (pattern, id(begin), id(write.site), protection, write.locks, write.raw)
        members = quickly.get(same)
        if members is None:  # equal places may be different objects, and to hash one takes long
            shape = (pattern, begin, write.site, protection, write.locks, write.raw)
            members = quickly[same] = found[shape]
        members.append(one)
    return [Series(members) for members in found.values()]


def concurrent(whole: Series, other: Series, *, apart: bool = False) -> Iterator[tuple[Update, Update]]:
    """For each member of `whole`, one of `other` that can fall between its two accesses.

    Args:
        whole: Patterns that can be broken into.
        other: What may break in, of another strand.
        apart: Leave out what is ordered with either of the two accesses: code that synchronises between its two
            accesses expects others to come in.
    """
    breaker, broken = other.members[0].write.strand, whole.members[0].write.strand
    knowledge, ends = other.knowledge_of(broken), other.ends
    for member in whole.members:
        known = (member.write if apart else member.begin).clock[breaker]
        first = bisect_right(ends, known)
        end = (member.begin if apart else member.write).clock[broken]
        last = bisect_left(knowledge, end)
        if first < last:
            yield member, other.members[first]
