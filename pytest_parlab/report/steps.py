"""A table of steps: one column for each process, what the cells hold, and a remark behind the row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_parlab.report.text import columns, wrapped

if TYPE_CHECKING:
    from collections.abc import Sequence

_BELOW = " " * 7
"""Put before a remark that stands below its row."""


@dataclass(frozen=True, slots=True)
class StepRow:
    """One step of one process.

    Attributes:
        number: Which step it is, from 1.
        process: Who takes it.
        action: What it does, in a few words.
        place: Where, as ``bank.py:21``.
        values: For each column of cells, what that cell holds afterwards; empty where the step is not about it.
        note: A remark that is shown behind the row.
        mark: A character that is shown behind the number.
    """

    number: int
    process: str
    action: str
    place: str
    values: tuple[str, ...]
    note: str = ""
    mark: str = ""


def steps_table(rows: Sequence[StepRow | str], cells: Sequence[str], *, width: int, indent: str = "  ") -> list[str]:
    """Draw steps in the widest layout that fits.

    Places stand in the columns of the processes, else in a column of their own; remarks stand behind their rows, else
    below them; where no table fits, it is a list.

    Args:
        rows: The steps in their order; a text stands for steps that are left out.
        cells: Heads of the columns of values.
        width: In columns, `indent` included.
        indent: Put before every line.
    """
    steps = [row for row in rows if isinstance(row, StepRow)]
    names = list(dict.fromkeys(step.process for step in steps))
    for remarks, apart in ((True, False), (True, True), (False, False), (False, True)):
        lines = _drawn(rows, names, cells, remarks=remarks, apart=apart)
        if max(map(len, lines)) + len(indent) <= width:
            return [indent + line for line in (lines if remarks else _noted(rows, lines, width - len(indent)))]
    return [
        line
        for row in rows
        for line in ([f"{indent}{row}"] if isinstance(row, str) else _listed(row, cells, width, indent))
    ]


def _drawn(
    rows: Sequence[StepRow | str], names: list[str], cells: Sequence[str], *, remarks: bool, apart: bool
) -> list[str]:
    grid = [["step", *names, *cells, "at" if apart else "", ""]]
    for row in rows:
        if isinstance(row, str):
            grid.append([""] * len(grid[0]))
            continue
        marked = f"{row.number:>3}{row.mark and f' {row.mark}'}"
        action = row.action if apart else f"{row.action}\t{row.place}"
        taken = [action if row.process == name else "" for name in names]
        note = f"<- {row.note}" if row.note and remarks else ""
        grid.append([marked, *taken, *row.values, row.place if apart else "", note])
    if not apart:
        grid = [[*row[:-2], row[-1]] for row in grid]
    lines = _aligned(grid)
    return [lines[0], *(row if isinstance(row, str) else line for row, line in zip(rows, lines[1:], strict=True))]


def _noted(rows: Sequence[StepRow | str], lines: list[str], width: int) -> list[str]:
    """Put each remark below its row."""
    noted = lines[:1]
    for row, line in zip(rows, lines[1:], strict=True):
        noted.append(line)
        if isinstance(row, StepRow) and row.note:
            noted += wrapped(f"({row.note})", width, indent=_BELOW, hanging=_BELOW)
    return noted


def _aligned(rows: list[list[str]]) -> list[str]:
    """Align the actions and the places inside each process's column, then the columns."""
    widths = [max((len(row[n].partition("\t")[0]) for row in rows[1:]), default=0) for n in range(len(rows[0]))]
    for row in rows:
        for n, cell in enumerate(row):
            action, tab, where = cell.partition("\t")
            if tab:
                row[n] = f"{action:<{widths[n]}}  {where}"
    return columns(rows, gap=3)


def _listed(row: StepRow, cells: Sequence[str], width: int, indent: str) -> list[str]:
    holds = "".join(f"; {cell} is {value}" for cell, value in zip(cells, row.values, strict=True) if value)
    note = f"  <- {row.note}" if row.note else ""
    mark = f" {row.mark}" if row.mark else ""
    text = f"{row.number:>3}{mark}  {row.process} {row.action} at {row.place}{holds}{note}"
    return wrapped(text, width, indent=indent, hanging=indent + "     ")
