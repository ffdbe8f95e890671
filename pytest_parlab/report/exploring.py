"""What a search through schedules has found, as a learner reads it: a sentence, the outcomes, each failure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_parlab.explore.exploration import Deadlock, FailureKind, Raised
from pytest_parlab.explore.overwriting import overwritings
from pytest_parlab.report.deadlock import deadlock
from pytest_parlab.report.schedule import schedule
from pytest_parlab.report.text import clamped, columns, counted, cut, joined, plain, shortened, wrapped

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from pytest_parlab.explore.exploration import Exploration, Failure

_MOST_OUTCOMES = 8
"""Outcomes that are shown at most, the most frequent first."""

_MOST_FAILURES = 3
"""Failures that are shown in full at most."""

_MOST_TRACEBACK = 8
"""Lines of a traceback that are shown at most, its last ones."""

_OUTCOME = 40
"""Columns of an outcome, at most."""

_MOST_IN_A_LINE = 3
"""Outcomes that are named in one line at most."""

_BAR = 30
"""Columns of the longest bar."""

_GO_WRONG = {
    FailureKind.EXCEPTION: ("raises an exception", "raise an exception"),
    FailureKind.CHECK: ("fails the check", "fail the check"),
    FailureKind.DEADLOCK: ("ends in a deadlock", "end in a deadlock"),
    FailureKind.DIFFERENCE: (
        "gives another result than one process after the other",
        "give another result than one process after the other",
    ),
}
_LOSE = ("loses an update", "lose an update")
_ANYHOW = ("goes wrong", "go wrong")


def exploring(
    found: Exploration,
    *,
    function: str = "",
    arguments: str = "",
    repeat: str = "",
    width: int = 100,
    unicode: bool = False,
) -> str:
    """Write all that a search through schedules has found.

    Args:
        found: What it has found.
        function: The function as it is written in the test; by default the name that was recorded.
        arguments: Its arguments as they are written in the test.
        repeat: What repeats the whole search, for example ``--parlab-seed=42``.
        width: In columns, 50 to 100; a command or a token may be wider.
        unicode: The terminal can show every character; without, those beyond ASCII are written as escapes.
    """
    width = clamped(width)
    function = function or found.function
    lines = wrapped(headline(found, call=f"{function}({arguments})"), width, hanging="  ")
    lines += _histogram(found, width)
    for number, failure in enumerate(found.failures[:_MOST_FAILURES], start=1):
        which = f"Failure {number} of {len(found.failures)}" if len(found.failures) > 1 else "Failure"
        lines += ["", *wrapped(f"{which}: {failure.message}", width, hanging="  ")]
        lines += _failure(failure, width)
        lines.append(f"  Replay: {replay_line(failure.token, function, arguments)}")
    if found.failures[_MOST_FAILURES:]:
        lines += ["", f"{counted(len(found.failures) - _MOST_FAILURES, 'more failure')} in .failures"]
    if repeat:
        lines.append(f"{'  ' if found.failures else ''}Search again: {repeat}")
    return plain(joined(lines), unicode=unicode)


def headline(found: Exploration, *, call: str) -> str:
    """Say in a sentence or two what was run, what came of it, and what that proves.

    Args:
        found: What a search has found.
        call: The call that was explored.
    """
    if found.failures:
        return f"{call}: {_failing(found)} {_covered(found)}{_open(found)}"
    if found.undecided:
        return f"{call}: undecided after {_schedules(found.schedules)}: {_sentence(found.undecided)}"
    same = f"gives {_short(next(iter(found.outcomes)))}" if len(found.outcomes) == 1 else ""
    each = f"{'it' if found.schedules == 1 else 'every one'} {same}" if same else "none failed"
    if not found.exhausted:
        ran = f"{found.schedules:,} of many schedules {'was' if found.schedules == 1 else 'were'} run"
        return f"{call}: {ran}; {each}. That proves nothing about the others."
    every = found.interleavings or found.schedules
    if every == 1:
        return f"{call}: the only schedule was run; it {same or 'did not fail'}."
    if every == found.schedules:
        return f"{call}: all {_schedules(every)} were run; {each}."
    return f"{call}: all {_schedules(every)} are covered by the {found.schedules:,} that were run; {each}."


def in_one_line(found: Exploration, *, call: str) -> str:
    """Say the same as `headline` with the outcomes behind it.

    Args:
        found: What a search has found.
        call: The call that was explored.
    """
    ordered = _ordered(found)
    parts = [f"{_short(outcome)} in {number:,}" for outcome, number in ordered[:_MOST_IN_A_LINE]]
    if ordered[_MOST_IN_A_LINE:]:
        parts.append(counted(len(ordered) - _MOST_IN_A_LINE, "other"))
    outcomes = f" Outcomes: {', '.join(parts)}." if len(parts) > 1 else ""
    return plain(headline(found, call=call) + outcomes, unicode=False)


def replay_line(token: str, function: str, arguments: str) -> str:
    """Write the call that runs one schedule again."""
    return f'race_detector.replay("{token}", {", ".join(filter(None, (function, arguments)))})'


def _schedules(number: int) -> str:
    return f"{number:,} {'schedule' if number == 1 else 'schedules'}"


def _failing(found: Exploration) -> str:
    kinds = {failure.kind for failure in found.failures}
    one, many = _GO_WRONG[next(iter(kinds))] if len(kinds) == 1 else _ANYHOW
    if kinds == {FailureKind.DIFFERENCE} and all(overwritings(failure.moments) for failure in found.failures):
        one, many = _LOSE
    bad = sum(found.outcomes.get(outcome, 1) for outcome in {failure.outcome for failure in found.failures})
    every = (found.interleavings if found.exhausted else None) or found.schedules
    return f"{bad:,} of {_schedules(every)} {one if bad == 1 else many}."


def _covered(found: Exploration) -> str:
    if not found.exhausted:
        return "There are more schedules than were run."
    if found.interleavings in {None, found.schedules}:
        return "These are all that there are."
    verb = "was run and stands" if found.schedules == 1 else "were run and stand"
    return f"{found.schedules:,} {verb} for all of them."


def _open(found: Exploration) -> str:
    return f" Not settled: {_sentence(found.undecided)}" if found.undecided else ""


def _sentence(text: str) -> str:
    return text if text.endswith(".") else f"{text}."


def _histogram(found: Exploration, width: int) -> list[str]:
    """How many schedules gave which outcome, as bars; nothing if no schedule came to its end."""
    ordered = _ordered(found)
    if not ordered:
        return []
    longest = ordered[0][1]
    rows = [["  outcome", "schedules", ""]]
    for outcome, number in ordered[:_MOST_OUTCOMES]:
        rows.append([f"  {_short(outcome)}", f"{number:,}", _remark(outcome, found.failures)])
    room = width - sum(max(len(row[n]) for row in rows) for n in range(3)) - 4  # and two gaps
    for row, (_, number) in zip(rows[1:], ordered, strict=False):
        row[2] = "#" * max(1, round(min(_BAR, room) * number / longest)) + row[2]
    lines = columns(rows, right=frozenset({1}))
    rest = ordered[_MOST_OUTCOMES:]
    if rest:
        many = sum(number for _, number in rest)
        lines.append(f"  and {counted(len(rest), 'other outcome')}, in {_schedules(many)}")
    return lines


def _ordered(found: Exploration) -> list[tuple[Any, int]]:
    """The outcomes and how many schedules gave them, the most frequent first."""
    return sorted(found.outcomes.items(), key=lambda item: -item[1])


def _short(outcome: Any) -> str:
    """An outcome as a reader knows it: values as Python writes them, the rest in words."""
    text = str(outcome) if isinstance(outcome, Raised | Deadlock) else repr(outcome)
    return shortened(" ".join(text.split()), _OUTCOME)


def _remark(outcome: Any, failures: Sequence[Failure]) -> str:
    """The failures that have this outcome."""
    mine = [str(n) for n, failure in enumerate(failures[:_MOST_FAILURES], start=1) if failure.outcome == outcome]
    if not mine or len(failures) == 1:
        return "  <- wrong" if mine else ""
    return f"  <- failure {', '.join(mine)}"


def _failure(failure: Failure, width: int) -> list[str]:
    lines = deadlock(failure.blocked, width=width)
    lines += schedule(failure.moments, width=width)
    needed = counted(failure.preemptions, "preemption") if failure.preemptions else "no preemption"
    facts = f"Found in schedule {failure.found_at:,}. It takes {needed}."
    if failure.replays:
        facts += f" Run again {counted(failure.replays, 'time')}, each time with the same steps."
    lines += wrapped(facts, width, indent="  ")
    trace = failure.traceback.rstrip().splitlines()
    if trace[_MOST_TRACEBACK:]:
        lines.append(f"    ... {counted(len(trace) - _MOST_TRACEBACK, 'line')} of the traceback left out")
    return lines + [cut(f"    {line}", width) for line in trace[-_MOST_TRACEBACK:]]
