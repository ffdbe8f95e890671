"""What the words of the board mean.

```
header | processes | slots | steps | words of the strategy
```

A process has a row: what it is about to do, and what must be the case for it to go on. A slot is the state of a lock,
a semaphore, an event, a queue...: what the object itself would hold, as far as others can see it.
"""

from __future__ import annotations

from enum import IntEnum

from pytest_parlab.explore.strategies.protocol import WORDS

PROCESS_LIMIT = 62
"""Processes that a schedule can have: a set of them is one word."""
OLD_SLOTS = 1024
"""Slots for objects that are older than the schedule."""
OWN_SLOTS = 512
"""Slots for the objects that one process makes: their numbers do not depend on what others make meanwhile."""
SLOT_LIMIT = OLD_SLOTS + PROCESS_LIMIT * OWN_SLOTS
STEP_LIMIT = 10_000

HEADER = 32
(
    AT_STEP,
    AT_LAST,
    AT_ENABLED,
    AT_PROCESSES,
    AT_CLOCK,
    AT_STATE,
    AT_VERSION,
    AT_HOLDER,
    AT_VAIN,
    AT_DISMISSED,
    AT_FEEDERS,
    AT_CHANNELS,
    AT_RETURNED,
    AT_CUT,
) = range(14)
"""Words of the header."""
ROW = 17
STATE, KIND, RESOURCE, CHANGES, NEEDS, FIRST, SECOND, AFTER = range(8)
DEADLINE, PID, PARENT, BORN, LAST, CODE, SITE, FORCED, MADE = range(8, 17)
"""What a process's row holds: its state; the operation; which condition it `NEEDS` with its two arguments, and which
version that must come `AFTER`; until when it waits (virtual nanoseconds, 0 for ever); who started it after which
step; its last step and its exit code; where it is; whether it is `FORCED`; how many objects it has made."""
TIMED_OUT, AGAIN, ALONE = 1, 2, 4
"""Why an operation is `FORCED`: its waiting has ended, it looks again at what it has looked at in vain, or it does
something to another process that commutes with nothing that one does."""
QUEUED, FLUSHED, RESTING, CLOSING = CODE, PID, MADE, AFTER
"""What a feeder's row holds instead: how many items it has, how many it has sent, whether it is about to send the
rest of one, and whether it is given nothing more. `FIRST` is its channel, and `SECOND` the bytes of its next item."""
SLOT = 8
VALUE, OWNER, DEPTH, MOST, WAITERS, ELIGIBLE, PERMITS, KEY = range(8)
"""What a slot holds; which of them mean something depends on the object."""
MESSAGES, TAKEN, FILLED, SENT, WRITERS, READERS, SENDER, NEXT = range(8)
"""What the slot of a channel holds: the messages in it, how many were taken out; the bytes in it, and all that
ever were sent; who has its ends open, one bit a process; one more than who sends a message that does not fit, 0 for
nobody; the slot of the channel that was made before it."""
CAPACITY = 65536
"""Bytes that a pipe holds. A system may give it more, which no program should need."""
STEP = 5
PROCESS_ROWS = HEADER
SLOT_ROWS = PROCESS_ROWS + PROCESS_LIMIT * ROW
STEP_ROWS = SLOT_ROWS + SLOT_LIMIT * SLOT
STRATEGY_WORDS = STEP_ROWS + STEP_LIMIT * STEP
WATCHED_ROWS = STRATEGY_WORDS + WORDS
WATCHED_LIMIT = 32
"""Pipes that a process can wait for at once."""
TOTAL = WATCHED_ROWS + PROCESS_LIMIT * WATCHED_LIMIT

EVERYBODY = 1 << 32
"""Stands for all processes where one is dismissed."""


class Life(IntEnum):
    """The states of a process."""

    NONE = 0
    YOUNG = 1
    """On its way to its first operation."""
    WAITING = 2
    ENDED = 3


class State(IntEnum):
    """The states of a schedule."""

    RUNNING = 0
    FINISHED = 1
    DEADLOCK = 2
    ABANDONED = 3
    """It repeats what another one has shown."""
    TOO_LONG = 4
    UNMODELLED = 5
    """It did something that cannot be scheduled; the text is in a file beside the board."""
    DIVERGED = 6
    """It was to repeat a schedule, and somebody who had gone on there could not."""
    NAMELESS = 7
    """It starts a process that is no fork, and the semaphores at which processes wait have no names by now."""


class Needs(IntEnum):
    """What must be the case for a process to go on, with arguments `first` and `second`."""

    NOTHING = 0
    VALUE = 1
    """Slot `first` has a value above 0."""
    FREE = 2
    """Slot `first` has a value above 0, or belongs to the process itself."""
    ENDED = 3
    """One of the processes in the set `first` has ended."""
    NOTIFIED = 4
    """Slot `first` lets the process go, and the lock in slot `second` is free."""
    OTHER_VALUE = 5
    """The value of slot `first` is not `second`."""
    AT_MOST = 6
    """The value of slot `first` is at most `second`."""
    REACHED = 7
    """The value of slot `first` is at least its `MOST`, or one of the processes in the set `second` has ended."""
    READABLE = 8
    """The channel in slot `first` has a message, or nobody sends through it any more."""
    ROOM = 9
    """The channel in slot `first` has room for `second` bytes more, or nobody receives from it any more."""
    ANY = 10
    """One of the processes in the set `first` has ended, or one of the `second` channels watched is readable."""
