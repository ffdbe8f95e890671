"""What a race is, as frozen facts: two accesses to one shared cell that nothing orders, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from pytest_parlab.trace.model import Site

RaceKind: TypeAlias = Literal["lost-update", "unprotected-access", "inconsistent-lock", "unserialisable"]
RaceStatus: TypeAlias = Literal["observed", "confirmed", "possible"]


@dataclass(frozen=True, slots=True)
class Cell:
    """One shared cell: a Value, or one element of an Array.

    Attributes:
        block_kind: How its block was made, for example ``Value('i')`` or ``Array('d')``.
        name: The variable's name in the user's source; empty if it is not known.
        created: Where the block was created; None if it is older than the watch.
        index: Place in the Array, from 0; None for a Value, and for what has fields or keys.
        part: What stands behind the name for this cell: ``[3]``, ``.x``, ``['ann']`` or nothing.
    """

    block_kind: str
    name: str = ""
    created: Site | None = None
    index: int | None = None
    part: str = ""

    def __str__(self) -> str:
        part = self.part or ("" if self.index is None else f"[{self.index}]")
        return f"{self.name or self.block_kind}{part}"


@dataclass(frozen=True, slots=True)
class RaceAccess:
    """One side of a race.

    Attributes:
        process: Name of the process.
        pid: Its process id.
        path: Source file.
        line: Line number, from 1.
        source: Text of that line without indentation; empty if it cannot be read.
        kind: What it does to the cell; ``read-write`` is one update such as ``total.value += 1``.
        locks_held: Names of the locks held at that moment.
        stack: The user's frames that led here, innermost first, as (path, line, function).
    """

    process: str
    pid: int
    path: str
    line: int
    source: str = ""
    kind: Literal["read", "write", "read-write"] = "read-write"
    locks_held: tuple[str, ...] = ()
    stack: tuple[tuple[str, int, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the interleaving that shows the race.

    Attributes:
        process: Who.
        action: What, in two or three words: ``reads 0``, ``writes 1``.
        path: Source file.
        line: Line number, from 1.
        cell_value: What the cell holds after this step, as text; empty if it is not known.
        note: A remark that is shown behind the row, for example ``step 3 is overwritten``.
    """

    process: str
    action: str
    path: str
    line: int
    cell_value: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Race:
    """Two accesses to one cell, at least one of them a write, that neither an order nor a common lock keeps apart.

    Attributes:
        kind: Which pattern it is.
        status: ``observed`` (this run took the bad order), ``confirmed`` (a replay made it happen) or ``possible``
            (nothing forbids it, and this run did not show it).
        cell: What is shared.
        first: One access.
        second: The other access, by another process.
        explanation: Why this goes wrong, in one or two sentences.
        would_order: What would have kept the two apart.
        fix: The line to write instead.
        count: How many pairs of accesses in this run have this shape.
        replay: What shows it again: the token of a schedule, or the call that runs it; empty if there is none.
        steps: The bad interleaving, in order; empty if it is not known.
        replays: How often a schedule in which it does harm was run again.
        reproduced: How often it did harm then, by the same steps.
        unconfirmed: Why it is not ``confirmed``, where that was tried.
    """

    kind: RaceKind
    status: RaceStatus
    cell: Cell
    first: RaceAccess
    second: RaceAccess
    explanation: str = ""
    fix: str = ""
    count: int = 1
    replay: str = ""
    steps: tuple[Step, ...] = ()
    would_order: str = ""
    replays: int = 0
    reproduced: int = 0
    unconfirmed: str = ""
