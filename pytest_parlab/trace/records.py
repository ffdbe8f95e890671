"""The event record: three 64-bit words, and what each kind of event puts into them.

A record is ``(subject, payload, head)``. The head is written last and is never 0, so a record that was cut short by
a kill reads as "not there". The head packs ``kind | thread << 8 | site << 24``.
"""

from __future__ import annotations

import struct
import time
from enum import IntEnum, unique
from typing import NamedTuple

RECORD = struct.Struct("QQQ")  # native: written and read on one machine, and twice as fast
MASK_32 = 0xFFFF_FFFF
ALL_PARTS = MASK_32
"""Stands for "every task of the call" where a task number is expected."""
HANDED_OUT, CALLED_BACK = 0, 1
"""Moments of a task and of a call: drawn from the user's iterable, and the user's callback has returned."""

now_ns = time.perf_counter_ns
"""The machine-wide monotonic clock, in nanoseconds: for display and durations, never for order."""


@unique
class Kind(IntEnum):
    """What happened. Beside each kind: subject; payload."""

    PROCESS_BEGIN = 1  # 0; time
    PROCESS_END = 2  # CPU ns; time
    PROCESS_START = 3  # token; time, before the child exists
    PROCESS_STARTED = 4  # token; pid of the child
    JOIN_CALLED = 5  # pid; time
    END_SEEN = 6  # pid | (exit code & 0xffff) << 32; time
    EXIT_CODE_READ = 7  # pid; time
    THREAD_START = 8  # token; time
    THREAD_BEGIN = 9  # token; time
    THREAD_END = 10  # token; time
    THREAD_JOINED = 11  # token; time
    LOCK_ASKED = 12  # lock; time (written only when it was not free)
    LOCK_HELD = 13  # lock | first ticket << 32; time: one or more holdings in a row, written when they are over
    LOCK_LEFT = 14  # holdings | held ns << COUNT_BITS; time of the last release; follows its LOCK_HELD
    SIGNAL = 15  # object | count << 32; tally slot of this process: its count-th release
    SEEN = 16  # object | count << 32; tally slot of a process: its first `count` releases came before
    READ = 17  # block | index << 32; the cell's word as it was found; its site is the number of a context
    WRITE = 18  # block | index << 32; the cell's word as it was found; its site is the number of a context
    BLOCK_CREATED = 19  # block; time
    UNTRACKED = 20  # block | `Way` << 32; time
    PUT = 21  # queue; stamp
    GET = 22  # queue; stamp
    DEPTH = 23  # items inside; time; follows its PUT or GET
    SENT = 24  # stamp; pickled bytes
    SEND = 25  # 0; stamp (a pipe)
    RECEIVE = 26  # 0; stamp
    GROUP_CREATED = 27  # group; time
    GROUP_CLOSED = 28  # group; time
    GROUP_JOINED = 29  # group; time
    CALL_SUBMITTED = 30  # call; time
    CALL_GROUP = 31  # call; group
    TASK_FUNCTION = 32  # task; name | items << 32
    TASK_BYTES = 33  # task; pickled bytes
    TASK_START = 34  # task; time
    TASK_END = 35  # task; time
    TASK_CPU = 36  # task; CPU ns
    TASK_DELAY = 37  # task; run-queue ns
    TASK_ERROR = 38  # task; name
    RESULT_ASKED = 39  # call; time
    RESULT_GOT = 40  # call | part << 32; time
    ARRIVE = 41  # barrier | arrival << 32; first arrival of the same meeting
    DEPART = 42  # barrier | parties << 32; first arrival of the same meeting
    PROBLEM = 43  # a `Problem`; time
    RAW_READ = 44  # as READ, without the block's own lock; no word
    RAW_WRITE = 45  # as WRITE, without the block's own lock; no word
    REPEATED = 46  # block; accesses | last version written << COUNT_BITS: how often its context's place was met
    LOCK_KEPT = 47  # lock | ticket << 32; time of acquisition: still held when its thread was last heard of
    LOCK_FREED = 48  # lock | ticket << 32; time: released by another thread than the one that acquired it; ticket 0:
    # a semaphore was released that nobody held, so it has let in more than one since
    FLAG_READ = 49  # a READ of a cell that is polled; made from one when the recordings are merged
    FLAG_WRITE = 50  # a WRITE of such a cell
    RELEASE = 60  # thing; number: a moment of it that somebody else can know to be over
    ACQUIRE = 61  # thing; number: that moment is over
    SENTINEL_READY = 62  # pid; time: the child has ended, its exit code is not known
    CALL_BEGUN = 63  # call; time: the user's iterable is being drawn from
    LOCK_PASSED = 64  # lock | ticket << 32; time: acquired after the holding with that ticket was ended by another
    STEPPED = 65  # 0; number: the write before it counted somebody; made when the recordings are merged
    REACHED = 66  # 0; number: what follows was done by the last one that was counted; made likewise


READS = frozenset({Kind.READ, Kind.RAW_READ, Kind.FLAG_READ})
WRITES = frozenset({Kind.WRITE, Kind.RAW_WRITE, Kind.FLAG_WRITE})
RAW = frozenset({Kind.RAW_READ, Kind.RAW_WRITE})
ACCESSES = READS | WRITES
VERSION_SHIFT = 17
POLLED = 1 << 16
WRITER_MASK = 0xFFFF
LOW_BITS = (1 << VERSION_SHIFT) - 1
"""A cell's word: how often it was written, whether somebody polls it, and the index of its last writer plus 1."""
COUNT_BITS = 24
COUNT_MASK = (1 << COUNT_BITS) - 1
VERSION_MASK = (1 << 64 - COUNT_BITS) - 1


def cell_number(block: int, index: int) -> int:
    """The number under which what is written to a cell without a lock is published (32 bits; Knuth's multiplier)."""
    return (block ^ index * 2654435761) & MASK_32


class Problem(IntEnum):
    """What a process could not record; a number, because it must be writable when nothing else is."""

    NAMES = 1
    COUNTERS = 2


class Way(IntEnum):
    """How shared memory was handed out so that accesses to it are not seen."""

    BUFFER = 1
    POINTER = 2
    OTHER = 3


PROBLEM_TEXTS = {
    Problem.NAMES: "places and names could not be written down: no room",
    Problem.COUNTERS: "positions of accesses, locks and items could not be counted: no room",
}


class Event(NamedTuple):
    """One decoded record."""

    kind: int
    thread: int
    site: int
    subject: int
    payload: int
