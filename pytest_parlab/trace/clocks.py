"""Vector clocks over strands (Mattern 1989; Fidge 1988), with one epoch per release as in FastTrack (2009)."""

from __future__ import annotations

from pytest_parlab.trace.model import Clock


class StrandClock:
    """The growing clock of one strand.

    Its own entry is the number of the epoch that it is in (from 1). Publishing hands out the clock and opens a new
    epoch, so that what comes later is not ordered before the receiver.
    """

    def __init__(self, strand: int, strands: int) -> None:
        self._strand = strand
        self._entries = [0] * strands
        self._entries[strand] = 1
        self._snapshot: Clock | None = None

    @property
    def now(self) -> Clock:
        """The clock as a value; the same tuple for as long as it does not change."""
        if self._snapshot is None:
            self._snapshot = tuple(self._entries)
        return self._snapshot

    def publish(self) -> Clock:
        """Hand out the clock at a release and enter the next epoch."""
        published = self.now
        self._entries[self._strand] += 1
        self._snapshot = None
        return published

    def receive(self, clock: Clock) -> None:
        """Join with the clock of a release at the matching acquire."""
        entries = self._entries
        for strand, epoch in enumerate(clock):
            if epoch > entries[strand]:
                entries[strand] = epoch
                self._snapshot = None


def join(first: Clock | None, second: Clock) -> Clock:
    """The least clock that is not before either."""
    return second if first is None else tuple(map(max, first, second))
