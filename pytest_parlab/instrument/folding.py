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

from pytest_parlab.instrument.nodes import NEVER, NO_CELL, NO_STEP, Cell, Node
from pytest_parlab.trace.records import (
    COUNT_BITS,
    COUNT_MASK,
    LOW_BITS,
    POLLED,
    RAW,
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

CELL_LIMIT = 1 << 16
"""Cells of one block whose last access is remembered; of a larger array the older half is forgotten when it is full,
and an access after that looks like the first one to its cell."""
RECORDED_LIMIT = 1 << 18
"""Pairs of cell and context that are remembered as recorded; when there are more, some are recorded again."""
PUBLISH_LIMIT = 64
"""Writes to memory without a lock that are published as releases, for somebody may poll it; a flag is written once or
twice, an array of data often and for nobody to wait for."""
_NOTHING: dict[int, tuple[Node, set[int]]] = {}


class Fold:
    """The accesses of one thread to one block.

    Args:
        block: Number of the block.
        strand: The thread.

    Attributes:
        cells: The last access to each cell.
    """

    __slots__ = (
        "_began",
        "_contexts",
        "_epoch",
        "_nodes",
        "_polled",
        "_published",
        "_recorded",
        "_room",
        "block",
        "cells",
        "strand",
    )

    def __init__(self, block: int, strand: LiveStrand) -> None:
        self.block = block
        self.strand = strand
        self.cells: dict[int, Cell] = {}
        self._published = 0
        self._polled = False
        self._epoch = self._began = NEVER
        self._room = RECORDED_LIMIT
        self._nodes: dict[tuple[object, ...], Node] = {}
        self._contexts: dict[tuple[object, ...], tuple[int, set[int]]] = {}
        self._recorded: dict[int, set[int]] = {}

    def access(  # noqa: PLR0917 - the access path
        self, record: Recorder, kind: int, index: int, frame: FrameType, words: memoryview | None, slot: int
    ) -> Cell:
        """Take note of one access, and record it if it is of a new kind in this epoch.

        Args:
            record: This process's recorder.
            kind: ``Kind.READ`` or another kind of access.
            index: Which cell.
            frame: Who accesses it.
            words: The words of the block, whose lock the caller holds; None if it has no lock of its own. An access
                without a lock is noted before it writes and after it has read.
            slot: Which of the words belongs to the cell.

        Returns:
            What is known of the cell from now on.
        """
        strand, cell = self.strand, self.cells.get(index)
        word = words[slot] if words is not None else 0
        reads = kind in READS
        if cell is None or cell.word != word or self._epoch != strand.epoch or (not reads and word & POLLED):
            return self._new(record, kind, index, frame, words, slot)
        stamp, before = strand.stamp, cell.node
        steps = before.steps if cell.stamp is stamp else before.later if cell.stamp < strand.bare else _NOTHING
        step = steps.get(frame.f_lasti if reads else frame.f_lasti + 1)
        if step is None:
            return self._new(record, kind, index, frame, words, slot)
        node, recorded = step
        if node.code is not frame.f_code or node.locks is not strand.locks or index not in recorded:
            return self._new(record, kind, index, frame, words, slot)
        node.count += 1
        if not reads and words is not None:
            words[slot] = cell.word = word = (word | LOW_BITS) + record.writer
            if index == node.index:
                node.written = word
        cell.node, cell.stamp = node, stamp
        return cell

    def sweep(self, record: Recorder, kind: int, indexes: range, frame: FrameType, words: memoryview | None) -> None:
        """Take note of one access to each of several cells by one instruction, of a slice, as `access` does."""
        strand, cells, code, reads = self.strand, self.cells, frame.f_code, kind in READS
        key = frame.f_lasti if reads else frame.f_lasti + 1
        for index in indexes:
            cell = cells.get(index, NO_CELL)
            word = words[index] if words is not None else 0
            if cell.stamp is strand.stamp and cell.word == word and (reads or not word & POLLED):
                node, recorded = cell.node.steps.get(key, NO_STEP)
                if node.code is code and index in recorded:
                    node.count += 1
                    cell.node = node
                    if not reads and words is not None:
                        words[index] = cell.word = word = (word | LOW_BITS) + record.writer
                        if index == node.index:
                            node.written = word
                    continue
            self.access(record, kind, index, frame, words, index)

    def _new(  # noqa: PLR0917 - as `access`
        self, record: Recorder, kind: int, index: int, frame: FrameType, words: memoryview | None, slot: int
    ) -> Cell:
        """Take note of an access that may be the first of its kind."""
        strand = self.strand
        if self._epoch != strand.epoch:
            self._begin_epoch(record)
        reads = kind in READS
        node = self._node(record, kind, frame)
        node.count += 1
        word = words[slot] if words is not None else 0
        cell = self.cells.get(index) or self._first(index)
        before = cell.node if cell.node is not NO_CELL.node else None
        kept = strand.locks if cell.stamp is strand.stamp else strand.kept(cell.stamp)
        broken = before is not None and (word ^ cell.word) & ~POLLED != 0
        context, recorded = self._context(record, before, node, kept, broken=broken)
        synchronises = self._synchronises(record, node, word, reads=reads, first=before is None, broken=broken)
        if synchronises or index not in recorded:
            self._remember(recorded, index)
            node.context, node.index = context, index
            record.append(self.block | index << 32, word, kind | strand.number << 8 | context << 24)
            if words is None and not reads and self._published < PUBLISH_LIMIT:
                self._published += 1
                record.publish(cell_number(self.block, index))
        if words is not None:
            words[slot] = word = _next_word(word, record.index, reads=reads, polls=node.polls)
            if not reads and index == node.index:
                node.written = word
        elif node.polls:
            record.polled(cell_number(self.block, index))
        if word & POLLED and not self._polled:  # from now on its writes are releases
            self._polled = True
            self._forget_steps()
        elif before is not None and cell.stamp >= self._began and not (broken or synchronises):
            anew = words is None and (node.polls or cell.node.kind not in RAW)
            self._follow(cell, node, recorded, frame.f_lasti + (not reads), anew=anew)
        cell.node, cell.stamp, cell.word = node, strand.stamp, word
        if synchronises:
            strand.advance()
        return cell

    def _follow(self, cell: Cell, node: Node, recorded: set[int], key: int, *, anew: bool) -> None:
        """Let an access follow the last one to its cell without a new record.

        Looked at `anew` each time are polls of what has no word, and what goes past the word that the last one left.
        """
        if anew:
            return
        if cell.stamp is self.strand.stamp:
            cell.node.steps[key] = node, recorded
            cell.node.follow[key] = node
        elif cell.stamp < self.strand.bare:
            cell.node.later[key] = node, recorded

    def flush(self, record: Recorder) -> None:
        """Write down how often each place was met in this epoch."""
        for node in self._nodes.values():
            if node.count > 1 and node.context:
                head = Kind.REPEATED | self.strand.number << 8 | node.context << 24
                version = node.written >> VERSION_SHIFT & VERSION_MASK
                record.append(self.block, min(node.count, COUNT_MASK) | version << COUNT_BITS, head)
                node.count = 1  # what comes in this epoch is added to it

    def _begin_epoch(self, record: Recorder) -> None:
        self.flush(record)
        self._forget_steps()
        self._epoch, self._began = self.strand.epoch, self.strand.stamp
        self._nodes = {}
        self._contexts = {}
        self._recorded = {}
        self._room = RECORDED_LIMIT

    def _forget_steps(self) -> None:
        for node in self._nodes.values():
            for steps in (node.follow, node.steps, node.later):
                steps.clear()

    def _node(self, record: Recorder, kind: int, frame: FrameType) -> Node:
        locks = self.strand.locks
        address = id(frame.f_code) + frame.f_lasti + (kind not in READS), locks
        node = self._nodes.get(address)
        if node is None:
            site, polls = record.site_of(frame)
            place = (kind, site, locks)  # one place can have several addresses
            own = None if record.sites.is_library(frame.f_code) else frame.f_code
            node = self._nodes.get(place) or Node(kind, site, own, locks, polls=polls and kind in READS)
            self._nodes[place] = node
            if own is not None:  # a function of the library may be called from another place next time
                self._nodes[address] = node
        return node

    def _first(self, index: int) -> Cell:
        """A cell that was not accessed yet, as far as is remembered."""
        cells = self.cells
        if len(cells) >= CELL_LIMIT:
            for older in list(islice(cells, CELL_LIMIT // 2)):
                del cells[older]
        cell = cells[index] = Cell(NO_CELL.node, NEVER, 0)
        return cell

    def _context(
        self, record: Recorder, before: Node | None, node: Node, kept: frozenset[int], *, broken: bool
    ) -> tuple[int, set[int]]:
        """The number of a context, and the cells for which it is recorded in this epoch."""
        found = (before, node, kept, broken)
        known = self._contexts.get(found)
        if known is None:
            number = record.context(node, before, kept, broken=broken)
            known = self._contexts[found] = number, self._recorded.setdefault(number, set())
        return known

    def _remember(self, recorded: set[int], index: int) -> None:
        """Remember that a context of a cell is recorded."""
        self._room -= 1
        if self._room < 0:
            self._room = RECORDED_LIMIT
            for others in self._recorded.values():
                others.clear()
        recorded.add(index)

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
