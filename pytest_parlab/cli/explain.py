"""`parlab explain`: one page, or the list of every code."""

from __future__ import annotations

from pytest_parlab.report.pages import Entry, index, known_code, page

_FAMILIES = {
    "1": "Starting and joining processes",
    "2": "Shared memory and locks",
    "3": "Queues and pipes",
    "4": "Pools and executors",
    "5": "Cost",
    "6": "Other start methods, other machines",
}
"""What the hundreds of the codes stand for."""


def explanation(code: str | None = None) -> str:
    """Give the page of a mistake, or the list of all mistakes if no code is given.

    Raises:
        UsageError: There is no such code; the text names the nearest ones.
    """
    if code is None:
        return _overview()
    code = known_code(code)
    entry = next(entry for entry in index() if entry.code == code)
    if entry.has_page:
        return page(code).rstrip()
    return f"{code} {entry.title}\n\nIt has a name and no page yet. `parlab explain` lists those that have one."


def _overview() -> str:
    lines = ["Classic mistakes. `parlab explain CODE` explains those marked with *."]
    family = ""
    for entry in index():
        if entry.code[2] != family:
            family = entry.code[2]
            lines += ["", _FAMILIES[family]]
        lines.append(_line(entry))
    lines += ["", "Every graded run looks for those that are not marked `name only`."]
    return "\n".join(lines)


def _line(entry: Entry) -> str:
    mark = "*" if entry.has_page else " "
    return f" {mark} {entry.code}  {entry.title}{'' if entry.is_detected else '  (name only)'}"
