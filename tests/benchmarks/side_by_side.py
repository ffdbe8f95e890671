"""Two things measured in turn, so that whatever the machine does meanwhile meets both."""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Line:
    """One number of a benchmark.

    Attributes:
        text: What was measured, with its numbers.
        kept: The promise about it holds; True where there is none.
    """

    text: str
    kept: bool = True

    def __str__(self) -> str:
        return self.text if self.kept else f"{self.text}   <- the promise is broken"


@dataclass(frozen=True, slots=True)
class InTurn:
    """Seconds of two things that were run in turn."""

    first: tuple[float, ...]
    second: tuple[float, ...]

    @property
    def difference_s(self) -> float:
        """Median over the rounds of second less first: a neighbour in one round disturbs one value only."""
        return median(b - a for a, b in zip(self.first, self.second, strict=True))

    @property
    def ratio(self) -> float:
        """Median over the rounds of second over first."""
        return median(b / a for a, b in zip(self.first, self.second, strict=True))


def in_turn(first: Callable[[], object], second: Callable[[], object], rounds: int) -> InTurn:
    """Time two callables in alternating order, after one round that is not counted."""
    times: tuple[list[float], list[float]] = ([], [])
    for number in range(rounds + 1):
        order = [(0, first), (1, second)]
        for which, function in order if number % 2 else reversed(order):
            took = timed(function)
            if number:
                times[which].append(took)
    return InTurn(tuple(times[0]), tuple(times[1]))


def timed(function: Callable[[], object]) -> float:
    """Seconds that a call takes."""
    began = time.perf_counter()
    function()
    return time.perf_counter() - began


def python(*arguments: str, directory: Path = ROOT, expect: Sequence[int] = (0,)) -> str:
    """Run this Python with arguments; its output.

    Raises:
        RuntimeError: It ended with another exit status than expected.
    """
    done = subprocess.run(
        [sys.executable, *arguments], cwd=directory, capture_output=True, text=True, check=False, timeout=1800
    )
    if done.returncode not in expect:
        command = " ".join(arguments)
        raise RuntimeError(
            f"python {command} ended with {done.returncode}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
        )
    return done.stdout
