"""A deadlock as a table: who holds what, and who waits for what, where."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_parlab.report.text import base, columns, cut, place, wrapped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_parlab.explore.exploration import Blocked


def deadlock(blocked: Sequence[Blocked], *, width: int) -> list[str]:
    """Draw who waits for what; as a list where the table does not fit.

    Args:
        blocked: The processes that can never go on.
        width: In columns.
    """
    if not blocked:
        return []
    rows = [["  process", "waits for", "held by", "at", "holds"]]
    rows += [
        [
            f"  {one.process}",
            one.waits_for,
            ", ".join(one.held_by),
            place(base(one.place.path), one.place.line),
            "; ".join(one.holds) or "nothing",
        ]
        for one in blocked
    ]
    lines = columns(rows, gap=3)
    if max(map(len, lines)) <= width:
        return lines
    return [line for one in blocked for line in _listed(one, width)]


def _listed(one: Blocked, width: int) -> list[str]:
    text = f"{one.process} waits for {one.waits_for}"
    if one.held_by:
        text += f", which {' and '.join(one.held_by)} {'has' if len(one.held_by) == 1 else 'have'}"
    text += f", at {place(base(one.place.path), one.place.line)}"
    lines = wrapped(text, width, indent="  ", hanging="    ")
    if one.place.source:
        lines.append(cut(f"    {one.place.source}", width))
    return lines + wrapped(f"holds {'; '.join(one.holds) or 'nothing'}", width, indent="    ", hanging="      ")
