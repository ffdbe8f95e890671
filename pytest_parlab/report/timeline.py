"""The timeline: who worked when, one row for every process and for every thread that ran tasks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pytest_parlab.report.axis import Axis, chart
from pytest_parlab.report.rows import (
    Row,
    Span,
    SpanEnd,
    SpanKind,
    at_once,
    bars,
    lock_waits,
    process_bars,
    rows,
    task_bars,
    window,
)
from pytest_parlab.report.text import clamped, counted, cut, duration, joined, packed, plain, shortened, wrapped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_parlab.trace.model import Trace

MOST_ROWS: Final = 24
"""Rows that are drawn at most; of more, the first and the last ones are, and a chart stands for the rest."""

_LAST_ROWS = 4
_LABEL = 22
_NOTE = 16

_CUT_BELOW = 10
"""If what ran in parallel took less than one part in this many of the watched time, only that part is drawn."""

_MOST_PROBLEMS = 3

_KINDS: Final[tuple[SpanKind, ...]] = ("idle", "start-up", "runs", "waits", "bar", "lock")


@dataclass(frozen=True, slots=True)
class _Glyphs:
    kinds: dict[SpanKind, str]
    ends: dict[SpanEnd, str]
    first: str
    last: str


_ASCII = _Glyphs(
    {"idle": ".", "start-up": "-", "runs": "=", "waits": "~", "bar": "#", "lock": "w"},
    {"": "", "error": "x", "open": ">"},
    "[",
    "]",
)
_UNICODE = _Glyphs(
    {
        "idle": "\N{MIDDLE DOT}",
        "start-up": "\N{BOX DRAWINGS LIGHT DOUBLE DASH HORIZONTAL}",
        "runs": "\N{BOX DRAWINGS DOUBLE HORIZONTAL}",
        "waits": "~",
        "bar": "\N{FULL BLOCK}",
        "lock": "\N{LIGHT SHADE}",
    },
    {"": "", "error": "x", "open": ">"},
    "\N{RIGHT HALF BLOCK}",
    "\N{LEFT HALF BLOCK}",
)


def timeline(trace: Trace, *, width: int = 78, unicode: bool = False) -> str:
    """Draw a run: one row for every process and for every thread that ran tasks.

    Args:
        trace: What was recorded.
        width: In columns, 50 to 100.
        unicode: Draw with block characters.
    """
    width = clamped(width)
    seen = window(trace)
    if seen is None:
        watched = duration(trace.finished_ns - trace.started_ns)
        lines = wrapped(f"Nothing to draw: in {watched}, no process and no task was started.", width)
    else:
        lines = _picture(trace, seen, width, unicode=unicode)
    return joined(lines + _remarks(trace, width, unicode=unicode))


def _picture(trace: Trace, seen: tuple[int, int], width: int, *, unicode: bool) -> list[str]:
    start, end = min(trace.started_ns, seen[0]), max(trace.finished_ns, seen[1])
    part = (seen[1] - seen[0]) * _CUT_BELOW < end - start
    drawn = list(rows(trace))
    label = min(max(len("time in ms"), *(len(row.label) for row in drawn)), _LABEL)
    note = min(max(len(row.note) for row in drawn), _NOTE)
    axis = Axis(*(seen if part else (start, end)), columns=width - label - note - 2)
    glyphs = _UNICODE if unicode else _ASCII

    def line(row: Row) -> str:
        name = shortened(plain(row.label, unicode=unicode), label)
        return f"{name:<{label}} {_drawn(row.spans, axis, glyphs)} {cut(plain(row.note, unicode=unicode), note)}"

    lines = [f"{'time in ' + axis.unit:<{label}} {axis.labels()}"]
    if len(drawn) <= MOST_ROWS:
        lines += [line(row) for row in drawn]
        shown = drawn
    else:
        head, tail = drawn[: MOST_ROWS // 2], drawn[-_LAST_ROWS:]
        lines += [line(row) for row in head]
        lines += [f"... {len(drawn) - len(head) - len(tail)} more rows are not drawn ..."]
        lines += [line(row) for row in tail]
        lines += ["", "how many were at work at once:"]
        lines += chart(at_once(bars(trace)), axis, unicode=unicode, gutter=label)
        shown = head + tail
    lines += packed(_legend(shown, axis, glyphs, bar=_bar_word(trace)), width)
    lines += [each for text in _totals(trace, seen, unicode=unicode) for each in wrapped(text, width)]
    if part:
        text = f"Only {duration(axis.span_ns)} of the {duration(end - start)} watched are drawn"
        lines += wrapped(f"{text}: the part with other processes or tasks.", width)
    return lines


def _drawn(spans: Sequence[Span], axis: Axis, glyphs: _Glyphs) -> str:
    cells = [" "] * axis.columns
    for kind in _KINDS:
        for span in spans:
            if span.kind == kind and _visible(span, axis):
                _draw(cells, span, axis, glyphs)
    return "".join(cells)


def _visible(span: Span, axis: Axis) -> bool:
    """Tell whether a span is to be drawn: nearly every lock is waited for a moment, and that is no wait to see."""
    if span.kind in {"lock", "waits", "start-up"}:
        return (span.end_ns - span.start_ns) * axis.columns * 2 >= axis.span_ns  # half a column
    return True


def _draw(cells: list[str], span: Span, axis: Axis, glyphs: _Glyphs) -> None:
    first, last = axis.column(span.start_ns), axis.column(max(span.end_ns - 1, span.start_ns))
    for column in range(first, last + 1):
        cells[column] = glyphs.kinds[span.kind]
    if span.kind == "bar":
        if last > first:
            cells[first] = glyphs.first
            cells[last] = glyphs.last
        if span.end:
            cells[last] = glyphs.ends[span.end]


def _bar_word(trace: Trace) -> str:
    bare = any(process.role == "process" for process in trace.processes)
    if not trace.tasks:
        return "a process"
    return "a task or a process" if bare else "a task"


def _legend(shown: Sequence[Row], axis: Axis, glyphs: _Glyphs, *, bar: str) -> list[str]:
    visible = [span for row in shown for span in row.spans if _visible(span, axis)]
    kinds = {span.kind for span in visible}
    ends = {span.end for span in visible}
    mark = {kind: sign * 2 for kind, sign in glyphs.kinds.items()}
    mark["bar"] = glyphs.first + glyphs.kinds["bar"] + glyphs.last
    words = (
        ("bar" in kinds, f"{mark['bar']} {bar}"),
        ("start-up" in kinds, f"{mark['start-up']} starting"),
        ("lock" in kinds, f"{mark['lock']} waiting for a lock"),
        ("waits" in kinds, f"{mark['waits']} waiting for others"),
        ("runs" in kinds, f"{mark['runs']} running"),
        ("idle" in kinds, f"{mark['idle']} nothing to do"),
        ("error" in ends, f"{glyphs.ends['error']} ended with an error"),
        ("open" in ends, f"{glyphs.ends['open']} not seen to end"),
    )
    return [text for used, text in words if used]


def _totals(trace: Trace, seen: tuple[int, int], *, unicode: bool) -> list[str]:
    lines = []
    bare = [process for process in trace.processes if process.role == "process"]
    ran = [task for task in trace.tasks if task.started_ns is not None]
    for number, word, plural, spans, cpu in (
        (len(ran), "task", "tasks", task_bars(trace), sum(task.cpu_ns for task in ran)),
        (len(bare), "process", "processes", process_bars(trace), sum(process.cpu_ns for process in bare)),
    ):
        if number:
            most = max((together for _, together in at_once(spans)), default=0)
            length = duration(_total(spans))
            used = f", CPU {duration(cpu)}" if cpu else ""
            lines.append(
                f"{counted(number, word, plural)} in {duration(seen[1] - seen[0])}, at most {most} at once; "
                f"bars add up to {length}{used}."
            )
    if len(ran) < len(trace.tasks):
        lines.append(f"{counted(len(trace.tasks) - len(ran), 'task')} never started.")
    failed = [task.error for task in ran if task.error]
    if failed:
        lines.append(f"{counted(len(failed), 'task')} raised; first: {cut(plain(failed[0], unicode=unicode), 60)}")
    waited = _total(lock_waits(trace))
    whole = _total(bars(trace))
    if waited * 100 >= whole > 0:  # less than a hundredth is no story
        lines.append(f"Waiting for locks took {duration(waited)}, {waited / whole:.0%} of the bars.")
    return lines


def _total(spans: Sequence[Span]) -> int:
    return sum(span.end_ns - span.start_ns for span in spans)


def _remarks(trace: Trace, width: int, *, unicode: bool) -> list[str]:
    texts = []
    if trace.truncated:
        texts.append("Not everything is here: the recording was full and lost its oldest events.")
    texts += [f"Recording: {problem}" for problem in trace.problems[:_MOST_PROBLEMS]]
    if len(trace.problems) > _MOST_PROBLEMS:
        texts.append(f"Recording: {counted(len(trace.problems) - _MOST_PROBLEMS, 'more problem')}.")
    return [line for text in texts for line in wrapped(plain(text, unicode=unicode), width)]
