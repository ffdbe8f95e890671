"""What went through a queue, as frozen facts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class QueueWait:
    """One call of ``put`` or ``get`` that had to wait.

    Attributes:
        process: Name of the process that waited.
        operation: ``put`` (the queue was full) or ``get`` (it was empty).
        waited_ns: For how long, in nanoseconds.
        path: Source file of the call; None if it is not known.
        line: Line number in `path`, from 1; None if it is not known.
    """

    process: str
    operation: Literal["put", "get"]
    waited_ns: int
    path: str | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True)
class QueueHazard:
    """Something about the use of a queue that went well this time and need not the next time.

    Attributes:
        code: Code of the classic mistake, for example ``PL302``; empty if it has none.
        message: What is wrong, in one sentence.
        path: Source file; None if it is not known.
        line: Line number in `path`, from 1; None if it is not known.
    """

    code: str
    message: str
    path: str | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True)
class QueueStats:
    """The bookkeeping of one queue or pipe.

    Attributes:
        name: The variable's name in the user's source; empty if it is not known.
        kind: ``Queue``, ``JoinableQueue``, ``SimpleQueue`` or ``Pipe``.
        created: Where it was created, as (path, line); None if it is older than the watch.
        puts: How many items were put.
        gets: How many items were got.
        lost: How many items were put and never got.
        bytes: Pickled size of all items that were sent, in bytes.
        max_depth: Most items that were inside at one moment.
        depth: Items inside after each put and get, as (nanoseconds, items) in order of time.
        producers: Who put how many, as (process name, items).
        consumers: Who got how many, as (process name, items).
        waits: The calls that had to wait.
        hazards: What may go wrong another time.
        maxsize: Capacity in items; 0 if unbounded.
    """

    name: str
    kind: str
    created: tuple[str, int] | None = None
    puts: int = 0
    gets: int = 0
    lost: int = 0
    bytes: int = 0
    max_depth: int = 0
    depth: tuple[tuple[int, int], ...] = ()
    producers: tuple[tuple[str, int], ...] = ()
    consumers: tuple[tuple[str, int], ...] = ()
    waits: tuple[QueueWait, ...] = ()
    hazards: tuple[QueueHazard, ...] = ()
    maxsize: int = 0
