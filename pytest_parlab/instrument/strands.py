"""What this process knows of each of its threads while they run: the locks held, and how far its epoch has come.

The access path asks one question of it: has this thread locked or synchronised anything since its last access? As
long as it has not, its `stamp` is the same object.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_parlab.instrument.folding import NO_LOCKS, Fold

if TYPE_CHECKING:
    from pytest_parlab.instrument.holdings import Series

NO_ACQUISITIONS: frozenset[tuple[int, int]] = frozenset()


class LiveStrand:
    """One thread of this process.

    Args:
        number: Number of the thread in the trace, from 0.
        process: Index of the process.

    Attributes:
        epoch: Grows with everything that may order this thread before or after another.
        stamp: The same object for as long as nothing was locked or synchronised; None until it is asked for.
        held: The locks that it holds now: number to the ticket of the acquisition.
        acquisitions: The same as pairs, as of the present stamp.
        locks: The locks of `acquisitions` alone.
        folds: Its accesses to each block.
        series: Its holdings of each lock.
        mark: How it signs as the holder of a lock: process index and thread number, never 0.
    """

    __slots__ = ("acquisitions", "epoch", "folds", "held", "locks", "mark", "number", "series", "stamp")

    def __init__(self, number: int, process: int) -> None:
        self.number = number
        self.mark = process + 1 << 16 | number
        self.epoch = 0
        self.stamp: object = None
        self.held: dict[int, int] = {}
        self.acquisitions = NO_ACQUISITIONS
        self.locks = NO_LOCKS
        self.folds: dict[int, Fold] = {}
        self.series: dict[int, Series] = {}

    def advance(self) -> None:
        """Something was synchronised: what comes next belongs to another epoch."""
        self.epoch += 1
        self.stamp = None

    def fold(self, block: int) -> Fold:
        """Its accesses to a block."""
        fold = self.folds.get(block)
        if fold is None:
            fold = self.folds[block] = Fold(block, self)
        return fold

    def renew(self) -> None:
        """Bring `acquisitions`, `locks` and `stamp` up to date."""
        if not self.held:
            self.acquisitions, self.locks = NO_ACQUISITIONS, NO_LOCKS
        else:
            acquisitions = frozenset(self.held.items())
            if acquisitions != self.acquisitions:
                self.acquisitions, self.locks = acquisitions, frozenset(self.held)
        self.stamp = object()
