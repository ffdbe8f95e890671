"""What a program calls where a serialised run has to wait."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

Pause = Callable[[int], None]
"""Called with the rank of a worker, from 0: its turn in a serialised run."""


def no_pause(_rank: int) -> None:
    """In a free run every worker goes on at once."""


@dataclass(frozen=True, slots=True)
class Turns:
    """In a serialised run the worker of rank n sleeps for n steps, while those before it do all they do.

    Attributes:
        step_s: Seconds of a step.
    """

    step_s: float

    def __call__(self, rank: int) -> None:
        time.sleep(rank * self.step_s)
