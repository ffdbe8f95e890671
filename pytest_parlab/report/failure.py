"""The first problem in full: the mistake, its picture, the next hint, the command to repeat it, the assertion."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from pytest_parlab.report.text import clamped, counted, joined, place, plain, wrapped

if TYPE_CHECKING:
    from collections.abc import Sequence

SCREEN: Final = 40
"""Lines of the whole text, at most."""

_TITLE = 3
"""Lines of the title, at most."""

_MESSAGE = 8
"""Lines of a mistake's own text, at most."""

_HINT = 6
"""Lines of a hint, at most."""

_ASSERTION = 6
"""Lines that are kept free for the assertion when the picture is large."""


class NamedMistake(Protocol):
    """A classic mistake, as the analysis finds it or the results file keeps it."""

    @property
    def code(self) -> str:
        """For example ``PL102``."""

    @property
    def title(self) -> str:
        """Its name in one line."""

    @property
    def path(self) -> str | None:
        """Source file; None if it has no place."""

    @property
    def line(self) -> int | None:
        """Line number, from 1; None if it has no place."""

    @property
    def message(self) -> str:
        """What was seen."""


def failure(
    title: str,
    *,
    mistakes: Sequence[NamedMistake] = (),
    picture: str = "",
    hint: str = "",
    hint_command: str = "",
    rerun: str = "",
    assertion: str = "",
    width: int = 78,
    unicode: bool = False,
) -> str:
    """Write the first problem of a run, on one screen.

    Args:
        title: What failed: ``02.1 Join every child: failed``.
        mistakes: What was found, the one that explains most first; it is shown in full, the others by name.
        picture: A drawing, already made; it is cut at the bottom if it is too high.
        hint: Text of the next hint.
        hint_command: Command that shows more hints.
        rerun: Command that runs this again.
        assertion: The assertion's own text; its end is cut first.
        width: In columns, 50 to 100; a picture, a path or a command may be wider.
        unicode: The terminal can show every character; without, those beyond ASCII are written as escapes.
    """
    width = clamped(width)

    def lines(text: str, *, indent: str = "", hanging: str | None = None) -> list[str]:
        return wrapped(plain(text, unicode=unicode), width, indent=indent, hanging=hanging)

    head = _trimmed(lines(title), _TITLE)
    if mistakes:
        head += ["", *_mistake(mistakes, lines)]
    help_ = _trimmed(lines(f"Hint: {hint}", hanging="      "), _HINT) if hint else []
    help_ += [f"{'More hints' if hint else 'Hint'}: {plain(hint_command, unicode=unicode)}"] if hint_command else []
    help_ += [f"Run again: {plain(rerun, unicode=unicode)}"] if rerun else []
    told = lines(assertion.strip("\n"))
    drawn = plain(picture, unicode=unicode).strip("\n").splitlines()

    free = SCREEN - len(head) - len(help_) - 3  # a blank line before each of the three parts that follow
    drawn = _trimmed(drawn, free - min(len(told), _ASSERTION))
    told = _trimmed(told, free - len(drawn))
    parts = [part for part in (head, drawn, help_, told) if part]
    return "\n\n".join(joined(part) for part in parts)


class _Wrap(Protocol):
    def __call__(self, text: str, *, indent: str = "", hanging: str | None = None) -> list[str]: ...


def _mistake(mistakes: Sequence[NamedMistake], lines: _Wrap) -> list[str]:
    first, *others = mistakes
    where = place(first.path, first.line)
    text = lines(f"{first.code} {first.title}" + (f", at {where}" if where else ""), hanging="  ")
    text += _trimmed(lines(first.message, indent="  "), _MESSAGE)
    names = ", ".join(dict.fromkeys(f"{other.code} {other.title}" for other in others if other.code != first.code))
    if names:
        text += _trimmed(lines(f"Also found: {names}", indent="  ", hanging="    "), 2)
    return [*text, f"  More about it: parlab explain {first.code}"]


def _trimmed(lines: list[str], most: int) -> list[str]:
    """Keep at most so many lines, the last of which says how many are missing."""
    if len(lines) <= most:
        return lines
    kept = max(most - 1, 0)
    return [*lines[:kept], f"... {counted(len(lines) - kept, 'more line')}"]
