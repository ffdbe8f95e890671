"""Explorations as a search gives them, made by hand."""

from __future__ import annotations

from dataclasses import replace

from pytest_parlab.explore.exploration import DEADLOCK, Blocked, Exploration, Failure, FailureKind, Moment, Place

TOTAL = "Value('i') made at bank.py:12"
ADDING = Place("/home/ada/bank.py", 7, "total.value += 1")
READING = Place("/home/ada/bank.py", 16, "return total.value")


def moment(
    process: str, action: str, value: str = "", *, preempts: bool = False, subject: str = TOTAL, place: Place = ADDING
) -> Moment:
    """One step, by default of the line that adds."""
    return Moment(process, action, subject, place, value, preempts)


LOST = Failure(
    FailureKind.DIFFERENCE,
    "it gave 1, and one process after the other it gives 2",
    1,
    (1, 2, 2, 1, 0),
    "count.12210",
    1,
    (
        moment("Process-1", "reads 0", "0"),
        moment("Process-2", "reads 0", "0", preempts=True),
        moment("Process-2", "writes 1", "1"),
        moment("Process-1", "writes 1", "1"),
        moment("MainProcess", "reads 1", "1", place=READING),
    ),
    found_at=2,
    replays=2,
)
COUNTING = Exploration(
    function="count_to",
    outcomes={1: 4, 2: 2},
    witnesses={1: "count.12210", 2: "count.11220"},
    failures=(LOST,),
    schedules=3,
    interleavings=6,
    exhausted=True,
    undecided="",
    seed=42,
    strategy="exhaustive",
    seconds=0.1,
)
"""Two processes add once each, without a lock."""

CLEAN = replace(COUNTING, outcomes={2: 6}, witnesses={2: "c.1122"}, failures=(), schedules=6)
SAMPLED = replace(CLEAN, outcomes={2: 1000}, schedules=1000, interleavings=None, exhausted=False)
OPEN = replace(
    SAMPLED,
    outcomes={2: 2, 3: 1},
    schedules=3,
    undecided="the steps differ at bank.py:9",
)

FIRST, SECOND = "Lock made at d.py:3", "Lock made at d.py:4"
OUTER, INNER = Place("d.py", 8, "with first:"), Place("d.py", 9, "with second:")
OTHER_OUTER, OTHER_INNER = Place("d.py", 18, "with second:"), Place("d.py", 19, "with first:")
STUCK = Failure(
    FailureKind.DEADLOCK,
    "nobody can go on",
    DEADLOCK,
    (1, 2),
    "run.12",
    1,
    (
        moment("Process-1", "takes", subject=FIRST, place=OUTER),
        moment("Process-2", "takes", subject=SECOND, place=OTHER_OUTER, preempts=True),
    ),
    (
        Blocked("MainProcess", "the end of Process-1", Place("d.py", 30, "process.join()")),
        Blocked("Process-1", SECOND, INNER, (f"{FIRST}, taken at d.py:8",), ("Process-2",)),
        Blocked("Process-2", FIRST, OTHER_INNER, (f"{SECOND}, taken at d.py:18",), ("Process-1",)),
    ),
    found_at=3,
    replays=2,
)
ABBA = replace(
    COUNTING, function="run", outcomes={(1, 2): 5, DEADLOCK: 2}, failures=(STUCK,), schedules=7, interleavings=7
)
