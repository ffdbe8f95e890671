"""A time axis, and a chart of a number over time drawn above it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_UNITS = ((2 * 10**9, 10**9, "s"), (2 * 10**6, 10**6, "ms"), (0, 10**3, "us"))
"""Shortest span for which a unit is used, the unit's length and its name, in nanoseconds."""

_ASCII = ("#", "|", "+", "-")
_UNICODE = (
    "\N{FULL BLOCK}",
    "\N{BOX DRAWINGS LIGHT VERTICAL}",
    "\N{BOX DRAWINGS LIGHT UP AND RIGHT}",
    "\N{BOX DRAWINGS LIGHT HORIZONTAL}",
)

_LABEL_COLUMNS = 10
"""Columns between two labels, at least."""


@dataclass(frozen=True, slots=True)
class Axis:
    """A stretch of time, spread over columns of text.

    Attributes:
        start_ns: Time at the left edge.
        end_ns: Time at the right edge.
        columns: How many columns.
    """

    start_ns: int
    end_ns: int
    columns: int

    @property
    def span_ns(self) -> int:
        """Length of the stretch, at least 1 ns."""
        return max(self.end_ns - self.start_ns, 1)

    @property
    def unit(self) -> str:
        """Unit of the labels: ``s``, ``ms`` or ``us``."""
        return self._unit()[1]

    def column(self, nanoseconds: int) -> int:
        """Give the column of a moment; one outside falls on the nearest edge."""
        column = (nanoseconds - self.start_ns) * self.columns // self.span_ns
        return max(0, min(column, self.columns - 1))

    def labels(self) -> str:
        """Write the round moments, each beginning at its column; the left edge is 0."""
        size, _ = self._unit()
        step = self._step()
        line = ""
        for n in range(self.span_ns // step + 1):
            label = f"{n * step / size:g}"
            column = self.column(self.start_ns + n * step)
            if column >= len(line) + bool(line) and column + len(label) <= self.columns:
                line = line.ljust(column) + label
        return line

    def _unit(self) -> tuple[int, str]:
        return next((size, name) for shortest, size, name in _UNITS if self.span_ns >= shortest)

    def _step(self) -> int:
        most = max(self.columns // _LABEL_COLUMNS, 1)
        step = 1
        while True:
            for factor in (1, 2, 5):
                if self.span_ns <= step * factor * most:
                    return step * factor
            step *= 10


def chart(
    series: Sequence[tuple[int, int]],
    axis: Axis,
    *,
    unicode: bool,
    height: int = 5,
    gutter: int = 0,
    maximum: int = 0,
) -> list[str]:
    """Draw a number that changes in steps, as columns over a time axis.

    Each column shows the largest number in its stretch of time, so that no peak is lost.

    Args:
        series: Moments in nanoseconds in order, each with the number from then on; 0 before the first.
        axis: The time axis.
        unicode: Draw with block characters.
        height: Rows at most; a larger maximum is scaled down to them.
        gutter: Columns before the line on the left, at least.
        maximum: Top of the chart, if that shall be above the largest number.
    """
    peaks = _peaks(series, axis)
    top = max(maximum, *peaks, 1)
    height = min(height, top)
    unit = f"time in {axis.unit}"
    gutter = max(gutter, len(unit), len(str(top)) + 1)
    full, bar, corner, floor = _UNICODE if unicode else _ASCII
    lines = []
    for row in range(height, 0, -1):
        needed = -(-row * top // height)
        filled = "".join(full if peak >= needed else " " for peak in peaks)
        lines.append(f"{needed:>{gutter - 1}} {bar}{filled}".rstrip())
    lines.append(" " * gutter + corner + floor * axis.columns)
    lines.append(f"{unit:<{gutter}} {axis.labels()}")
    return lines


def _peaks(series: Sequence[tuple[int, int]], axis: Axis) -> list[int]:
    peaks = [0] * axis.columns
    begin, value = 0, 0
    for moment, number in series:
        column = axis.column(moment)
        for n in range(begin, column + 1):
            peaks[n] = max(peaks[n], value)
        begin, value = column, number
        peaks[column] = max(peaks[column], number)
    for n in range(begin, axis.columns):
        peaks[n] = max(peaks[n], value)
    return peaks
