"""The picture of a race: the order of steps in which it goes wrong, one column for each process."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_parlab.report.steps import StepRow, steps_table
from pytest_parlab.report.text import base, clamped, columns, counted, joined, place, plain, wrapped

if TYPE_CHECKING:
    from pytest_parlab.analysis.races_model import Race, RaceAccess

_MOST_STEPS = 12
"""Steps that are shown at most; of more, the last ones are, where it goes wrong."""

_MOST_CALLERS = 3
"""Callers of each access that are shown."""

_DOES = {"read": "reads", "write": "writes", "read-write": "reads, then writes"}


def interleaving(race: Race, *, width: int = 100, unicode: bool = False) -> str:
    """Draw one race: what and where, the order of steps that goes wrong, why, the fix, and how to see it again.

    Args:
        race: What was found.
        width: In columns, 50 to 100.
        unicode: The terminal can show every character; without, names beyond ASCII are written as escapes.
    """
    width = clamped(width)
    lines = _head(race, width)
    lines += _table(race, width)
    lines += _accesses(race, width)
    lines += wrapped(race.explanation, width, indent="  ")
    if race.would_order:
        lines += wrapped(f"Kept apart by: {race.would_order}", width, indent="  ", hanging="    ")
    if race.fix:
        lines += wrapped(f"Fix: {race.fix}", width, indent="  ", hanging="       ")
    if race.unconfirmed and race.status == "possible":
        lines += wrapped(f"Not confirmed: {race.unconfirmed}.", width, indent="  ", hanging="    ")
    if race.replay:
        lines.append(f"  Replay: {race.replay}")
    return plain(joined(lines), unicode=unicode)


def _head(race: Race, width: int) -> list[str]:
    cell = race.cell
    what = f"{race.kind} on {cell}"
    if cell.name:
        what += f", {cell.block_kind}"
    if cell.created is not None:
        what += f" created at {cell.created}"
    status = race.status if race.count <= 1 else f"{race.status}, {counted(race.count, 'time')}"
    if race.status == "possible":
        status = "possible, not seen in this run"
    elif race.status == "confirmed" and race.replays:
        status = f"confirmed, {race.reproduced} of {counted(race.replays, 'replay')}"
    if len(what) + len(status) + 3 <= width:
        return [f"{what}   {status}"]
    return [*wrapped(what, width, hanging="  "), f"  {status}"]


def _table(race: Race, width: int) -> list[str]:
    steps = race.steps[-_MOST_STEPS:]
    if not steps:
        return []
    first = len(race.steps) - len(steps) + 1
    cut = [f"  (steps before {first} are not shown)"] if first > 1 else []
    rows = [
        StepRow(number, step.process, step.action, f"{base(step.path)}:{step.line}", (step.cell_value,), step.note)
        for number, step in enumerate(steps, start=first)
    ]
    return steps_table(rows, [str(race.cell)], width=width) + cut


def _accesses(race: Race, width: int) -> list[str]:
    sides = (race.first,) if race.first == race.second else (race.first, race.second)
    rows = [[f"  {side.process}", place(side.path, side.line), side.source, _locks(side)] for side in sides]
    lines = columns(rows)
    if max(map(len, lines)) <= width and race.steps:
        return [line for side, row in zip(sides, lines, strict=True) for line in (row, *_callers(side, width))]
    lines = []
    for side in sides:
        text = f"{side.process} {_DOES[side.kind]} at {place(side.path, side.line)}; {_locks(side)}"
        lines += wrapped(text, width, indent="  ", hanging="    ")
        lines += [f"    {side.source}"] if side.source else []
        lines += _callers(side, width)
    return lines


def _callers(side: RaceAccess, width: int) -> list[str]:
    """From where the user's code came to the access, innermost first."""
    callers = [f"{function} at {place(path, line)}" for path, line, function in side.stack[1 : 1 + _MOST_CALLERS]]
    if len(side.stack) > 1 + _MOST_CALLERS:
        callers.append("...")
    return wrapped(f"called by {', '.join(callers)}", width, indent="    ", hanging="      ") if callers else []


def _locks(side: RaceAccess) -> str:
    return "locks held: " + (", ".join(side.locks_held) or "none")
