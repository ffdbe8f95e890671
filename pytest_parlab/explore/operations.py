"""What a process does at a scheduling point, and which operations do not commute."""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple


class Kind(IntEnum):
    """The visible operations; everything between two of them belongs to the first."""

    READ = 1
    WRITE = 2
    ACQUIRE = 3
    TRY = 4
    RELEASE = 5
    WAIT = 6
    NOTIFY = 7
    SET = 8
    CLEAR = 9
    LOOK = 10
    ARRIVE = 11
    LEAVE = 12
    PUT = 13
    FLUSH = 14
    GET = 15
    SEND = 16
    RECEIVE = 17
    CLOSE = 18
    JOIN = 19
    CALL = 20
    SUBMIT = 21
    TAKE = 22
    FINISH = 23
    RESULT = 24


INDEX_BITS = 32
WHOLE = (1 << INDEX_BITS) - 1
"""Index of an operation that concerns all of a resource."""


class Operation(NamedTuple):
    """What a process is about to do, or did.

    Attributes:
        kind: A `Kind`.
        resource: Number of the object (above `INDEX_BITS`) and the index in it, `WHOLE` for all of it. An object of
            several parts that depend on each other (a condition and its lock) is one resource.
        changes: Whether it can change what others see; two operations that only look commute.
        forced: It happened because nothing else could (a timeout): it commutes with nothing.
    """

    kind: int
    resource: int
    changes: bool
    forced: bool = False


def resource_of(number: int, index: int = WHOLE) -> int:
    """The resource of an object's part, or of all of it."""
    return number << INDEX_BITS | index


def dependent(first: Operation, second: Operation) -> bool:
    """Tell whether two operations of different processes do not commute (Mazurkiewicz, 1977)."""
    if first.forced or second.forced:
        return True
    if not (first.changes or second.changes):
        return False
    if first.resource == second.resource:
        return True
    whole = first.resource & WHOLE == WHOLE or second.resource & WHOLE == WHOLE
    return whole and first.resource >> INDEX_BITS == second.resource >> INDEX_BITS
