"""The books of queues: what was put, what was got, by whom, and how full they were."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_parlab.report.axis import Axis, chart
from pytest_parlab.report.text import (
    clamped,
    columns,
    counted,
    cut,
    data_size,
    duration,
    joined,
    packed,
    place,
    plain,
    shortened,
    wrapped,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_parlab.analysis.queues_model import QueueStats

_MOST_NAMES = 8
"""Processes that are named on a line at most."""

_MOST_WAITS = 3
"""Waits that are shown at most, the longest first."""


def queue_table(queues: Sequence[QueueStats], *, width: int = 78, unicode: bool = False) -> str:
    """Write one line for every queue, then what is to be said about each.

    Args:
        queues: What was counted.
        width: In columns, 50 to 100.
        unicode: The terminal can show every character; without, names beyond ASCII are written as escapes.
    """
    if not queues:
        return "No queue was used."
    width = clamped(width)
    rows = [["queue", "kind", "put", "got", "lost", "most inside", "size"]]
    for queue in queues:
        inside = f"{queue.max_depth} of {queue.maxsize}" if queue.maxsize else str(queue.max_depth)
        numbers = (queue.puts, queue.gets, queue.lost)
        rows.append([shortened(_name(queue), 24), queue.kind, *map(str, numbers), inside, data_size(queue.bytes)])
    lines = columns(rows, right=frozenset({2, 3, 4, 5, 6}))
    for queue in queues:
        lines += _details(queue, width)
    return plain(joined(lines), unicode=unicode)


def depth_chart(queue: QueueStats, *, width: int = 78, height: int = 5, unicode: bool = False) -> str:
    """Draw how many items were inside over time.

    Args:
        queue: What was counted.
        width: In columns, 50 to 100.
        height: Rows at most.
        unicode: Draw with block characters.
    """
    name = plain(_name(queue), unicode=unicode)
    if not queue.depth:
        return f"{name}: nothing went in or out, there is no depth to draw."
    width = clamped(width)
    gutter = len("time in ms")
    axis = Axis(queue.depth[0][0], queue.depth[-1][0], columns=width - gutter - 1)
    full = f" (full at {queue.maxsize})" if queue.maxsize else ""
    head = f"items inside {name}, at most {queue.max_depth}{full}:"
    return joined([cut(head, width), *chart(queue.depth, axis, unicode=unicode, height=height, gutter=gutter)])


def queue_report(queues: Sequence[QueueStats], *, width: int = 78, unicode: bool = False) -> str:
    """Write the table, then the chart of every queue that ever held an item."""
    parts = [queue_table(queues, width=width, unicode=unicode)]
    parts += [depth_chart(queue, width=width, unicode=unicode) for queue in queues if queue.max_depth]
    return "\n\n".join(parts)


def _name(queue: QueueStats) -> str:
    return queue.name or "(no name)"


def _details(queue: QueueStats, width: int) -> list[str]:
    where = f", created at {place(*queue.created)}" if queue.created else ""
    lines = ["", *wrapped(f"{_name(queue)}, {queue.kind}{where}", width)]
    lines += _who("put by ", queue.producers, width)
    lines += _who("got by ", queue.consumers, width)
    if queue.lost:
        verb = "was" if queue.lost == 1 else "were"
        lines.append(f"  {counted(queue.lost, 'item')} {verb} put and never got.")
    longest = sorted(queue.waits, key=lambda wait: -wait.waited_ns)
    for wait in longest[:_MOST_WAITS]:
        at = f" at {place(wait.path, wait.line)}" if wait.path else ""
        why = "it was full" if wait.operation == "put" else "it was empty"
        text = f"{wait.process} waited {duration(wait.waited_ns)} in {wait.operation}{at}: {why}."
        lines += wrapped(text, width, indent="  ", hanging="    ")
    if len(longest) > _MOST_WAITS:
        lines.append(f"  {counted(len(longest) - _MOST_WAITS, 'shorter wait')}.")
    for hazard in queue.hazards:
        at = f" ({place(hazard.path, hazard.line)})" if hazard.path else ""
        code = f"{hazard.code} " if hazard.code else ""
        lines += wrapped(f"Danger: {code}{hazard.message}{at}", width, indent="  ", hanging="    ")
    return lines


def _who(label: str, counts: Sequence[tuple[str, int]], width: int) -> list[str]:
    if not counts:
        return [f"  {label}nobody"]
    names = [f"{name} {number}" for name, number in counts[:_MOST_NAMES]]
    if len(counts) > _MOST_NAMES:
        names.append(f"{counted(len(counts) - _MOST_NAMES, 'more process', 'more processes')}")
    first, *rest = packed(names, width - len(label) - 2)
    return [f"  {label}{first}", *(" " * (len(label) + 2) + line for line in rest)]
