"""What a thread remembers of its accesses to shared memory: the last one to each cell, and what may follow it.

An access that follows another one as it did before, in the same epoch, is counted and not recorded again; `folding`
tells which those are.
"""

from __future__ import annotations

from types import CodeType

NO_LOCKS: frozenset[int] = frozenset()
NEVER = -1
"""A stamp before all others."""


class Node:
    """The accesses of one kind from one place under one set of locks, within one epoch.

    Three tables say what may follow without a new record. Their keys are the instruction, plus 1 for a write; whoever
    looks there compares the code object, too.

    Attributes:
        site: Where.
        code: The code object of the frame that accesses; None for one of the library's, which may be called from
            elsewhere.
        polls: It reads a cell in the condition of a loop.
        count: How many there were.
        context: The latest context in which it was recorded, and `index` the cell; 0 if it never was.
        written: The word that the last write of that cell left.
        follow: The nodes that came next with nothing in between, in a block of one cell.
        steps: The nodes that came next with nothing in between, each with the cells for which that is recorded.
        later: The same for those that came next when no lock had been held throughout.
    """

    __slots__ = (
        "code",
        "context",
        "count",
        "follow",
        "index",
        "kind",
        "later",
        "locks",
        "polls",
        "site",
        "steps",
        "written",
    )

    def __init__(self, kind: int, site: int, code: CodeType | None, locks: frozenset[int], *, polls: bool) -> None:
        self.kind = kind
        self.site = site
        self.code = code
        self.locks = locks
        self.polls = polls
        self.count = self.context = self.index = self.written = 0
        self.follow: dict[int, Node] = {}
        self.steps: dict[int, tuple[Node, set[int]]] = {}
        self.later: dict[int, tuple[Node, set[int]]] = {}


class Cell:
    """The last access of one thread to one cell.

    Attributes:
        node: The accesses that it belongs to.
        stamp: The stamp of the thread at that time.
        word: The word that it left.
    """

    __slots__ = ("node", "stamp", "word")

    def __init__(self, node: Node, stamp: int, word: int) -> None:
        self.node = node
        self.stamp = stamp
        self.word = word


NO_CELL = Cell(Node(0, 0, (lambda: None).__code__, NO_LOCKS, polls=False), NEVER, 0)
NO_STEP: tuple[Node, frozenset[int]] = NO_CELL.node, frozenset()
