"""How long a learner waits."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from tests.benchmarks.side_by_side import ROOT, Line, python

if TYPE_CHECKING:
    from collections.abc import Iterator

QUIET = ("-q", "--no-header", "-p", "no:cacheprovider")


def stubs() -> Iterator[Line]:
    """`pytest exercises/` with every stub untouched."""
    yield _run("exercises", (), expect=(0, 1))


def solutions() -> Iterator[Line]:
    """`pytest exercises/ --parlab-submission=solutions`: everything is checked and measured."""
    yield _run("solutions", ("--parlab-submission=solutions",), expect=(0,))


def _run(needed: str, options: tuple[str, ...], expect: tuple[int, ...]) -> Line:
    if not (ROOT / needed).is_dir() or not any((ROOT / needed).glob("[0-9]*")):
        return Line(f"not there yet: {needed}/", kept=False)
    began = time.perf_counter()
    try:
        output = python("-m", "pytest", "exercises/", *options, *QUIET, expect=expect)
    except RuntimeError as error:
        return Line(f"{str(error).splitlines()[0]}\n{str(error)[-1500:]}", kept=False)
    last = next((line for line in reversed(output.splitlines()) if line.strip()), "")
    return Line(f"{time.perf_counter() - began:.1f} s wall: {last}")
