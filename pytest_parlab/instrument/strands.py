"""What this process knows of each of its threads while they run: the locks held, and how far its epoch has come.

The access path asks one question of it: has this thread locked or synchronised anything since its last access? As
long as it has not, its `stamp` is the same object. A stamp is the time of the last such event, in nanoseconds, so two
of one thread also tell whether a lock was taken before an access or after it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_parlab.instrument.folding import Fold
from pytest_parlab.instrument.holdings import finish, flush
from pytest_parlab.instrument.nodes import NO_LOCKS
from pytest_parlab.trace.records import now_ns

if TYPE_CHECKING:
    from pytest_parlab.instrument.holdings import Series
    from pytest_parlab.instrument.recorder import Recorder


class LiveStrand:
    """One thread of this process.

    Args:
        number: Number of the thread in the trace, from 0.
        process: Index of the process.

    Attributes:
        epoch: Grows with everything that may order this thread before or after another.
        stamp: When that was last so, or a lock was taken or given back. Compared by identity: two threads may have
            equal ones, which are two objects.
        bare: The stamp with which it last began or ceased to hold any lock at all.
        locks: The locks that it holds now; equal sets are the same object.
        folds: Its accesses to each block.
        series: Its holdings of each lock.
        mark: How it signs as the holder of a lock: process index and thread number, never 0.
        mapped: How many of its series keep the words of their lock.
    """

    __slots__ = ("_sets", "bare", "epoch", "folds", "locks", "mapped", "mark", "number", "series", "stamp")

    def __init__(self, number: int, process: int) -> None:
        self.number = number
        self.mark = process + 1 << 16 | number
        self.epoch = self.mapped = 0
        self.stamp = self.bare = now_ns()
        self.locks = NO_LOCKS
        self.folds: dict[int, Fold] = {}
        self.series: dict[int, Series] = {}
        self._sets: dict[frozenset[int], frozenset[int]] = {NO_LOCKS: NO_LOCKS}

    def advance(self) -> None:
        """Something was synchronised: what comes next belongs to another epoch."""
        self.epoch += 1
        self.stamp = now_ns()

    def flush(self, record: Recorder) -> None:
        """Write down what it keeps back: counts of accesses, series of holdings."""
        for fold in list(self.folds.values()):
            fold.flush(record)
        flush(record, self)

    def finish(self, record: Recorder) -> None:
        """The same, and the locks that it still holds."""
        self.flush(record)
        finish(record, self)

    def forget(self) -> None:
        """The watch is over."""
        self.folds.clear()
        self.series.clear()

    def fold(self, block: int) -> Fold:
        """Its accesses to a block."""
        fold = self.folds.get(block)
        if fold is None:
            fold = self.folds[block] = Fold(block, self)
        return fold

    def lock_set(self, locks: frozenset[int]) -> frozenset[int]:
        """The one object that stands for a set of locks."""
        return self._sets.setdefault(locks, locks)

    def took(self, series: Series, now: int) -> None:
        """It holds one more lock from now on."""
        self.stamp = now
        self.locks = self.lock_set(self.locks | series.alone)

    def gave(self, series: Series, now: int) -> None:
        """It holds one lock less from now on."""
        self.stamp = now
        self.locks = self.lock_set(self.locks - series.alone)
        if self.locks is NO_LOCKS:
            self.bare = now

    def kept(self, since: int) -> frozenset[int]:
        """The locks that it has held without a gap since a stamp."""
        if since < self.bare:
            return NO_LOCKS
        return self.lock_set(frozenset([lock for lock in self.locks if self.series[lock].acquired_ns <= since]))
