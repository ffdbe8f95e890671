"""What a detector is asked (`Question`) and what it answers (`Mistake`)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from pytest_parlab.trace.model import Trace


@dataclass(frozen=True, slots=True)
class Mistake:
    """One classic mistake of parallel programming, found in a trace.

    Attributes:
        code: Its stable code, for example ``PL101``.
        title: Its one-line name from the catalogue.
        path: Source file to look at; None if the trace does not tell.
        line: Line in `path`, from 1; None if the trace does not tell.
        message: What happened, with numbers and processes, and what to change.
        weight: How much of a wrong outcome it explains, from 0 to 1; it ranks mistakes and means nothing else.
    """

    code: str
    title: str
    path: str | None
    line: int | None
    message: str
    weight: float

    def __str__(self) -> str:
        place = "" if self.path is None else f" at {self.path}:{self.line}"
        return f"{self.code} {self.title}{place}\n  {self.message}"


@dataclass(frozen=True, slots=True)
class Question:
    """What the asker knows and the trace does not; every field may be left out.

    Attributes:
        workers: How many workers the code was asked to use.
        user_paths: Files or directories whose code is judged; empty: all code is.
        expected_errors: A task or child raises on purpose, and the caller has to be told.
        sources: Source text by path, as the sites of the trace name it. Detectors that need the source stay silent
            about a file that is not here.
        cpu_bound: The work computes; False if it waits.
        baseline_cpu_s: CPU time of the serial reference on the same input, in seconds.
        candidate_cpu_s: CPU time of the code under test with all its processes, in seconds.
        cores: How many cores it could use.
        cut_short: The run was stopped (a deadline, a kill): what it has not done yet, it might have done.
    """

    workers: int | None = None
    user_paths: tuple[str, ...] = ()
    expected_errors: bool = False
    sources: Mapping[str, str] = field(default_factory=dict, hash=False)
    cpu_bound: bool = True
    baseline_cpu_s: float | None = None
    candidate_cpu_s: float | None = None
    cores: float | None = None
    cut_short: bool = False


Detector: TypeAlias = Callable[[Trace, Question], Iterator[Mistake]]
"""Finds one kind of mistake; a pure function. It never guesses: where the trace does not show it, it is silent."""
