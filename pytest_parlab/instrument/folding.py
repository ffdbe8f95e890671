"""Same-epoch folding: an access is recorded once for each way in which it can matter, however often it is made.

Whether two accesses can race depends on who made them, where, after which access of its own to the same cell, under
which locks, and between which synchronisations; not on how often. So each *context* of a cell is written down when it
first appears in an epoch, and counted afterwards (same-epoch accesses: Flanagan and Freund, FastTrack, 2009).

The implicit lock of a Value or Array protects one word per cell beside the data, in which its writers count::

    | version: number of writes | polled | last writer |
      47 bits                     1 bit    16 bits

Whoever finds another word than it left knows that somebody else wrote in between, and who did last: that is how a run
in which an update was lost is told from one in which it might have been, without a clock. A cell that somebody polls
in a loop is a synchronisation in itself: its writes are releases, and the reads that see them are acquires.
"""

from __future__ import annotations

from itertools import islice
from types import FrameType
from typing import TYPE_CHECKING

from pytest_parlab.trace.records import (
    COUNT_BITS,
    COUNT_MASK,
    LOW_BITS,
    POLLED,
    READS,
    VERSION_MASK,
    VERSION_SHIFT,
    WRITER_MASK,
    Kind,
    cell_number,
)

if TYPE_CHECKING:
    from pytest_parlab.instrument.recorder import Recorder
    from pytest_parlab.instrument.strands import LiveStrand

NO_LOCKS: frozenset[int] = frozenset()

CELL_LIMIT = 1 << 16
"""Cells of one block whose last access is remembered; of a larger array the older half is forgotten when it is full,
and an access after that looks like the first one to its cell."""
RECORDED_LIMIT = 1 << 18
"""Pairs of cell and context that are remembered as recorded; when there are more, some are recorded again."""
PUBLISH_LIMIT = 64
"""Writes to memory without a lock that are published as releases, for somebody may poll it; a flag is written once or
twice, an array of data often and for nobody to wait for."""
_NEVER = object()


class Node:
    """The accesses of one kind from one place under one set of locks, within one epoch.

    Attributes:
        site: Where.
        polls: It reads a cell in the condition of a loop.
        count: How many there were.
        context: The first context in which it was recorded.
        follow: For a block of one cell: the nodes that came next with nothing in between, by the key of the access.
    """

    __slots__ = ("context", "count", "follow", "kind", "locks", "polls", "site")

    def __init__(self, kind: int, site: int, locks: frozenset[int], *, polls: bool) -> None:
        self.kind = kind
        self.site = site
        self.locks = locks
        self.polls = polls
        self.count = 0
        self.context = 0
        self.follow: dict[int, Node] = {}


_Last = tuple["Node", frozenset[tuple[int, int]], int]
"""The last access to a cell: its node, the locks then held with their acquisitions, and the word that it left."""


class Fold:
    """The accesses of one thread to one block.

    Args:
        block: Number of the block.
        strand: The thread.

    Attributes:
        follow: Where the last access was to the only cell: the accesses that may follow without a new record.
        stamp: The stamp of the strand at the last access.
        word: The word that the last access left.
        written: The word that the last write left.
    """

    __slots__ = (
        "_contexts",
        "_epoch",
        "_last",
        "_nodes",
        "_published",
        "_recorded",
        "block",
        "follow",
        "stamp",
        "strand",
        "word",
        "written",
    )

    def __init__(self, block: int, strand: LiveStrand) -> None:
        self.block = block
        self.strand = strand
        self.follow: dict[int, Node] = {}
        self.stamp: object = _NEVER
        self.word = 0
        self.written = 0
        self._published = 0
        self._epoch = -1
        self._nodes: dict[tuple[object, ...], Node] = {}
        self._contexts: dict[tuple[object, ...], int] = {}
        self._recorded: set[int] = set()
        self._last: dict[int, _Last] = {}

    def access(  # noqa: PLR0917 - the access path
        self, record: Recorder, kind: int, index: int, frame: FrameType, words: memoryview | None, slot: int
    ) -> None:
        """Take note of one access, and record it if it is of a new kind in this epoch.

        Args:
            record: This process's recorder.
            kind: ``Kind.READ`` or another kind of access.
            index: Which cell.
            frame: Who accesses it.
            words: The words of the block, whose lock the caller holds; None if it has no lock of its own. An access
                without a lock is noted before it writes and after it has read.
            slot: Which of the words belongs to the cell.
        """
        strand = self.strand
        if self._epoch != strand.epoch:
            self._begin_epoch(record)
        if strand.stamp is None:
            strand.renew()
        reads = kind in READS
        key = id(frame.f_code) + frame.f_lasti + (not reads)
        node = self._nodes.get((key, strand.locks)) or self._new_node(record, kind, key, frame)
        node.count += 1
        word = words[slot] if words is not None else 0
        last = self._last.get(index)
        if last is None:
            before, kept, broken, direct = None, NO_LOCKS, False, False
        else:
            before, acquisitions, left = last
            direct = acquisitions is strand.acquisitions
            kept = strand.locks if direct else frozenset(lock for lock, _ in acquisitions & strand.acquisitions)
            broken = (word ^ left) & ~POLLED != 0
        found = (before, node, kept, broken)
        context = self._contexts.get(found)
        if context is None:
            context = self._contexts[found] = record.context(node, before, kept, broken=broken)
            node.context = node.context or context
        synchronises = self._synchronises(record, node, word, reads=reads, first=last is None, broken=broken)
        code = index << 32 | context
        if synchronises or code not in self._recorded:
            self._recorded.add(code)
            record.append(self.block | index << 32, word, kind | strand.number << 8 | context << 24)
            if words is None and not reads and self._published < PUBLISH_LIMIT:
                self._published += 1
                record.publish(cell_number(self.block, index))
        if words is not None:
            words[slot] = word = _next_word(word, record.index, reads=reads, polls=node.polls)
            if not reads:
                self.written = word
        elif node.polls:
            record.polled(cell_number(self.block, index))
        self._last[index] = (node, strand.acquisitions, word)
        if direct and before is not None and not broken and not synchronises:
            before.follow[key] = node
        if synchronises:
            strand.advance()
        self.follow, self.word, self.stamp = node.follow, word, strand.stamp or _NEVER

    def flush(self, record: Recorder) -> None:
        """Write down how often each place was met in this epoch."""
        written = self.written >> VERSION_SHIFT & VERSION_MASK
        for node in self._nodes.values():
            if node.count > 1 and node.context:
                head = Kind.REPEATED | self.strand.number << 8 | node.context << 24
                record.append(self.block, min(node.count, COUNT_MASK) | written << COUNT_BITS, head)
                node.count = 0

    def forget(self) -> None:
        """Record everything again from here on: another watch was opened."""
        self._epoch = -1
        self.stamp = _NEVER

    def _begin_epoch(self, record: Recorder) -> None:
        if self._nodes:
            self.flush(record)
        self._epoch = self.strand.epoch
        self._nodes = {}
        self._contexts = {}
        self._recorded.clear()
        if len(self._last) > CELL_LIMIT:
            self._last = dict(islice(self._last.items(), len(self._last) // 2, None))

    def _new_node(self, record: Recorder, kind: int, key: int, frame: FrameType) -> Node:
        site, polls = record.site_of(frame)
        locks = self.strand.locks
        place = (kind, site, locks)  # one place can have several addresses
        node = self._nodes.get(place) or Node(kind, site, locks, polls=polls and kind in READS)
        self._nodes[place] = self._nodes[key, locks] = node
        return node

    @staticmethod
    def _synchronises(record: Recorder, node: Node, word: int, *, reads: bool, first: bool, broken: bool) -> bool:
        """Tell whether this access orders threads: a polled cell is written, or a poll sees what another wrote."""
        if not reads:
            return word & POLLED != 0
        return node.polls and (first or broken) and word & WRITER_MASK not in {0, record.index + 1 & WRITER_MASK}


def _next_word(word: int, index: int, *, reads: bool, polls: bool) -> int:
    if reads:
        return word | POLLED if polls else word
    return (word | LOW_BITS) + 1 + (word & POLLED) + (index + 1 & WRITER_MASK)
