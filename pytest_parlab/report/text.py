"""Small helpers that every picture shares: plain text, words for numbers, wrapping and cutting to a width."""

from __future__ import annotations

import re
import textwrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

NARROWEST = 50
"""Columns below which no picture can be read; a smaller `width` is treated as this one."""

WIDEST = 100
"""Columns that a picture uses at most; a larger `width` is treated as this one."""

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""Characters that move the cursor, colour the terminal or turn its direction, and halves of characters."""

_UNITS = ((10**9, "s"), (10**6, "ms"), (10**3, "us"))


def clamped(width: int) -> int:
    """Bring a width into the range in which pictures can be read."""
    return max(NARROWEST, min(width, WIDEST))


def plain(text: str, *, unicode: bool) -> str:
    r"""Make text from outside harmless: what could steer the terminal becomes visible, as in ``\x1b``.

    Without `unicode`, every character beyond ASCII is written as its escape too.
    """
    text = text.replace("\r\n", "\n").expandtabs(4)
    text = _CONTROL.sub(lambda match: match.group().encode("unicode_escape", "surrogatepass").decode(), text)
    return text if unicode else text.encode("ascii", "backslashreplace").decode()


def first_line(text: str) -> str:
    """Give the first line that is not blank; the empty text if there is none."""
    return next((line.strip() for line in text.splitlines() if line.strip()), "")


def duration(nanoseconds: int) -> str:
    """Say a duration with three digits: ``1.25 s``, ``20 ms``, ``350 us``."""
    for size, unit in _UNITS:
        if nanoseconds * 1000 >= size * 999.5:  # 999.6 us would round to 1e+03 us
            value = nanoseconds / size
            return f"{value:.0f} {unit}" if value >= 100 else f"{value:.3g} {unit}"  # noqa: PLR2004 - three digits
    return f"{nanoseconds} ns"


def data_size(size: int) -> str:
    """Say a number of bytes: ``340 B``, ``1.5 KiB``, ``12 MiB``."""
    value = float(size)
    for unit in ("B", "KiB", "MiB"):
        if value < 1023.5:  # noqa: PLR2004 - 1024, rounded
            return f"{value:.0f} {unit}" if unit == "B" or value >= 10 else f"{value:.1f} {unit}"  # noqa: PLR2004
        value /= 1024
    return f"{value:.1f} GiB"


def counted(number: int, word: str, plural: str = "") -> str:
    """Say how many: ``1 task``, ``2 tasks``, ``2 processes``."""
    return f"{number} {word if number == 1 else plural or word + 's'}"


def place(path: str | None, line: int | None) -> str:
    """Name a place in the source: ``bank.py:21``; the empty text if there is none."""
    if path is None:
        return ""
    return path if line is None else f"{path}:{line}"


def base(path: str) -> str:
    """Give the file's own name without its folders, for either kind of separator."""
    return re.split(r"[/\\]", path)[-1]


def shortened(text: str, width: int) -> str:
    """Cut the middle out of a text that is longer than `width`; its two ends tell most."""
    if len(text) <= width:
        return text
    kept = max(width - 2, 0)
    tail = kept // 2
    return text[: kept - tail] + ".." + text[len(text) - tail :]


def cut(text: str, width: int) -> str:
    """Cut the end off a text that is longer than `width`."""
    return text if len(text) <= width else text[: max(width - 3, 0)].rstrip() + "..."


def wrapped(text: str, width: int, *, indent: str = "", hanging: str | None = None) -> list[str]:
    """Break text into lines of at most `width` columns; a path or a command is never broken.

    Args:
        text: Its own line breaks are kept.
        width: In columns, `indent` included.
        indent: Put before the first line.
        hanging: Put before every other line; as `indent` if None.
    """
    hanging = indent if hanging is None else hanging
    lines: list[str] = []
    for line in text.rstrip().splitlines():
        inner = line[: len(line) - len(line.lstrip())]  # code keeps its own indentation
        lines += textwrap.wrap(
            line.strip(),
            width,
            initial_indent=(hanging if lines else indent) + inner,
            subsequent_indent=hanging + inner,
            break_long_words=False,
            break_on_hyphens=False,
        ) or [""]
    return lines


def packed(items: Sequence[str], width: int, *, indent: str = "") -> list[str]:
    """Put items side by side, parted by commas, as many on a line as fit; no item is broken."""
    lines: list[str] = []
    for item in items:
        if lines and len(lines[-1]) + len(item) + 3 <= width:
            lines[-1] += f", {item}"
        else:
            if lines:
                lines[-1] += ","
            lines.append(indent + item)
    return lines


def columns(rows: Sequence[Sequence[str]], *, gap: int = 2, right: frozenset[int] = frozenset()) -> list[str]:
    """Set rows of cells in columns; those in `right` are aligned to the right."""
    if not rows:
        return []
    widths = [max(len(row[n]) for row in rows) for n in range(len(rows[0]))]
    return [
        (" " * gap)
        .join(
            cell.rjust(width) if n in right else cell.ljust(width)
            for n, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        .rstrip()
        for row in rows
    ]


def joined(lines: Sequence[str]) -> str:
    """Put lines together without blanks at their ends."""
    return "\n".join(line.rstrip() for line in lines)
