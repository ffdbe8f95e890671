"""The time that the calls of one exercise may take, and what is known of its module already."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from pytest_parlab.errors import SubmissionError, SubmissionTimeout

LEAST_DEADLINE_S = 10.0
"""A call always gets this long, also in an exercise whose own deadline is short."""
SHARE = 3
"""Otherwise a call gets this part of its exercise's deadline."""


@dataclass(slots=True)
class Budget:
    """The time that is left for the calls of one exercise.

    Attributes:
        seconds: Of the whole exercise.
        used: By the calls so far.
        broken: Why its module cannot be loaded, once that is known: one try is enough for all tests.
    """

    seconds: float
    used: float = 0.0
    broken: SubmissionError | None = None

    def deadline_s(self) -> float:
        """How long the next call may take.

        Raises:
            SubmissionTimeout: Nothing is left.
        """
        left = self.seconds - self.used
        if left <= 0:
            raise SubmissionTimeout(
                f"The {self.seconds:g} s that this exercise has for all its tests are used up. "
                "Look at the first test that took long; the others were not run."
            )
        return min(max(LEAST_DEADLINE_S, self.seconds / SHARE), left)

    @contextmanager
    def spending(self) -> Iterator[None]:
        """Count the time of a call."""
        began = time.monotonic()
        try:
            yield
        finally:
            self.used += time.monotonic() - began
