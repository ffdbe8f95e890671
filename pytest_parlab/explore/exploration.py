"""What a search through schedules has found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class FailureKind(StrEnum):
    """What went wrong in a schedule."""

    EXCEPTION = "exception"
    CHECK = "check"
    DEADLOCK = "deadlock"
    DIFFERENCE = "difference"
    """It gave another result than the processes do when they run one after the other."""


@dataclass(frozen=True)
class Place:
    """A line of the user's.

    Attributes:
        path: File.
        line: Line, from 1; 0 if it is not known.
        source: The text of the line, without what stands around it.
    """

    path: str
    line: int
    source: str = ""


@dataclass(frozen=True)
class Moment:
    """One step of a schedule, in words.

    Attributes:
        process: Who took it, as the user named it.
        action: What it did: ``reads 0``, ``acquires the lock``.
        subject: What it did that to, as a reader knows it: ``Value('i') made at bank.py:12``.
        place: Where.
        value: What the cell held afterwards; empty if the step was no access to memory.
        preempts: Somebody else could have gone on and was interrupted.
    """

    process: str
    action: str
    subject: str
    place: Place
    value: str = ""
    preempts: bool = False


@dataclass(frozen=True)
class Blocked:
    """A process that can never go on.

    Attributes:
        process: Its name.
        waits_for: What it waits for, in words.
        place: Where.
        holds: The locks that it holds, in words, each with the place where it was taken.
        held_by: Names of the processes that hold what it waits for.
    """

    process: str
    waits_for: str
    place: Place
    holds: tuple[str, ...] = ()
    held_by: tuple[str, ...] = ()


@dataclass(frozen=True)
class Failure:
    """A schedule in which something went wrong.

    Attributes:
        kind: What went wrong.
        message: The same in one sentence; for an exception or a check its type and text.
        outcome: Its key in `Exploration.outcomes`.
        schedule: Who went on at each step, after shrinking; 0 is the process that called the function.
        token: What `replay` takes.
        preemptions: How many it needs.
        moments: Its steps in words.
        blocked: For a deadlock, who waits for what.
        found_at: In which schedule it was met first, from 1.
        replays: How often it was run again and gave the same steps.
        traceback: For an exception or a check, its traceback.
    """

    kind: FailureKind
    message: str
    outcome: Any
    schedule: tuple[int, ...]
    token: str
    preemptions: int
    moments: tuple[Moment, ...] = ()
    blocked: tuple[Blocked, ...] = ()
    found_at: int = 1
    replays: int = 0
    traceback: str = ""

    def __repr__(self) -> str:
        """What a failed assertion shows: a report has the rest."""
        return f"<Failure, {self.kind}: {self.message.partition(chr(10))[0]}>"


@dataclass(frozen=True)
class Raised:
    """The outcome of a schedule in which the function raised; equal if type and text are."""

    error: str
    text: str = ""

    def __str__(self) -> str:
        return f"{self.error}: {self.text}" if self.text else self.error


@dataclass(frozen=True)
class Deadlock:
    """The outcome of a schedule in which nobody could go on."""

    def __str__(self) -> str:
        return "deadlock"


DEADLOCK = Deadlock()


@dataclass(frozen=True)
class Exploration:
    """The schedules of one function that were run.

    Attributes:
        function: Its name.
        outcomes: What the function returned, `Raised` or `DEADLOCK`, to the number of schedules that gave it: of
            those that were run, or of all there are if `exhausted`. Lists, sets and dictionaries are given as tuples
            and frozen sets, so that they can be keys.
        witnesses: Outcome to the token of one schedule that gives it.
        failures: One for each way in which something went wrong.
        schedules: How many were run.
        interleavings: How many schedules those stand for, if `exhausted`: operations that do not concern each other
            can happen in any order.
        exhausted: There are no others, for what is modelled.
        undecided: Why nothing is proven, and where; empty if that is not so.
        seed: What repeats the search.
        strategy: How the schedules were chosen.
        seconds: How long it took.
    """

    function: str
    outcomes: Mapping[Any, int]
    witnesses: Mapping[Any, str]
    failures: tuple[Failure, ...]
    schedules: int
    interleavings: int | None
    exhausted: bool
    undecided: str
    seed: int
    strategy: str
    seconds: float

    def __repr__(self) -> str:
        """What a failed assertion shows: a report has the rest."""
        which = "all" if self.exhausted else "some"
        return f"<Exploration of {self.function}, {which} schedules: {dict(self.outcomes)}>"
