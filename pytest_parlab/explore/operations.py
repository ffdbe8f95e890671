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
    TASKS = 25


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


CHANNELS = 1 << 19
"""Added to the number of a queue or one direction of a pipe, its number as a resource, whose index names parts."""
SENDING, RECEIVING, ROOM, DONE = (1 << bit for bit in (31, 30, 29, 28))
"""Parts of a channel: its two ends, the room that a bounded queue has, and the count of what is not done."""
PARTS = SENDING | RECEIVING | ROOM | DONE
_MESSAGE_AT, _FEEDER_AT = 18, 12
_MESSAGES, _ITEMS, _FEEDERS = (1 << 10) - 1, (1 << 12) - 1, (1 << 6) - 1
_MESSAGE, _ITEM = _MESSAGES << _MESSAGE_AT, _FEEDERS << _FEEDER_AT | _ITEMS
EVERYTHING = (1 << 64) - 1
"""Resource of an operation that may concern any other: waiting for one of several."""


def resource_of(number: int, index: int = WHOLE) -> int:
    """The resource of an object's part, or of all of it."""
    return number << INDEX_BITS | index


def channel_of(slot: int, parts: int, *, message: int = -1, feeder: int = 0, item: int = -1) -> int:
    """The resource of an operation on a channel.

    Whoever receives a message comes after whoever has sent that one, and commutes with the sending of all others. The
    same holds for a feeder, and who has put the item that it sends. Numbers are kept in a few bits each: beyond them,
    operations seem to be dependent that are not.

    Args:
        slot: Of the channel.
        parts: What it concerns of it.
        message: Number of the message that is sent or received, from 0.
        feeder: Number of the feeder that has, or is given, an item.
        item: Number of the item among those of its feeder, from 0.
    """
    index = parts
    if message >= 0:
        index |= message % _MESSAGES + 1 << _MESSAGE_AT
    if item >= 0:
        index |= feeder << _FEEDER_AT | item % _ITEMS + 1
    return resource_of(CHANNELS + slot, index)


def _through_channel(first: int, second: int) -> bool:
    """Tell whether two operations on one channel concern each other."""
    same = ~(first ^ second)
    return bool(
        first & second & PARTS
        or (first & _MESSAGE and same & _MESSAGE == _MESSAGE)
        or (first & _ITEM and same & _ITEM == _ITEM)
    )


def enables(first: Operation, second: Operation) -> bool:
    """Tell whether of two operations that do not commute the second cannot come first: it gets what that gives."""
    return (
        first.resource >> INDEX_BITS == second.resource >> INDEX_BITS
        and CHANNELS <= first.resource >> INDEX_BITS < 2 * CHANNELS
        and WHOLE not in (first.resource & WHOLE, second.resource & WHOLE)
        and not first.resource & second.resource & PARTS
        and not (first.forced or second.forced)
    )


def dependent(first: Operation, second: Operation) -> bool:
    """Tell whether two operations of different processes do not commute (Mazurkiewicz, 1977)."""
    if first.forced or second.forced:
        return True
    if not (first.changes or second.changes):
        return False
    if first.resource == second.resource:
        return True
    number = first.resource >> INDEX_BITS
    if number != second.resource >> INDEX_BITS:
        return EVERYTHING in (first.resource, second.resource)
    if first.resource & WHOLE == WHOLE or second.resource & WHOLE == WHOLE:
        return True
    return CHANNELS <= number < 2 * CHANNELS and _through_channel(first.resource, second.resource)
