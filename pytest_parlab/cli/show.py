"""`parlab show FILE`: a results file as the summary that ended the run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_parlab.grading.results import Results
from pytest_parlab.report.summary import summary
from pytest_parlab.report.text import plain

if TYPE_CHECKING:
    from pathlib import Path


def shown_results(path: Path, exercises: str = "exercises", *, unicode: bool = False) -> str:
    """Render a results file.

    Args:
        path: The file.
        exercises: Folder of the exercises, for the commands that the text suggests.
        unicode: The terminal can show every character.

    Raises:
        UsageError: The file cannot be read, or is no results file.
    """
    results = Results.read(path)
    what = results.submission or "the exercises' own stubs"
    head = f"Graded: {what}, {results.started}, seed {results.seed}"
    return plain(head, unicode=unicode) + "\n\n" + summary(results, exercises=exercises, unicode=unicode)
