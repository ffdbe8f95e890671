"""The pages that explain the classic mistakes, one Markdown file each beside this module."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING

from pytest_parlab.analysis.mistakes import catalogue, detected
from pytest_parlab.errors import UsageError

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the list of mistakes.

    Attributes:
        code: For example ``PL201``.
        title: Its one-line name.
        has_page: `page` can explain it.
        is_detected: It is looked for in every graded run.
    """

    code: str
    title: str
    has_page: bool
    is_detected: bool


def index() -> tuple[Entry, ...]:
    """List every mistake, in the order of the codes."""
    return tuple(Entry(code, title, _file(code).is_file(), code in detected) for code, title in catalogue.items())


def known_code(code: str) -> str:
    """Give a code as the catalogue spells it: ``pl201`` and ``201`` are ``PL201``.

    Raises:
        UsageError: There is no such code; the text names the nearest ones.
    """
    wanted = code.strip().upper()
    if wanted.isdigit():
        wanted = f"PL{wanted}"
    if wanted in catalogue:
        return wanted
    near = difflib.get_close_matches(wanted, catalogue, n=3, cutoff=0.6)
    advice = f"did you mean {' or '.join(near)}?" if near else "a code looks like PL201;"
    raise UsageError(f"There is no mistake {code!r}: {advice} `parlab explain` lists every code.")


def page(code: str) -> str:
    """Give the page of a mistake as Markdown, at most 60 lines.

    Raises:
        UsageError: There is no such code, or it has no page yet.
    """
    code = known_code(code)
    file = _file(code)
    if not file.is_file():
        raise UsageError(f"{code} ({catalogue[code]}) has no page yet; `parlab explain` lists those that have one.")
    return file.read_text(encoding="utf-8")


def _file(code: str) -> Traversable:
    return files("pytest_parlab.report") / "pages" / f"{code}.md"
