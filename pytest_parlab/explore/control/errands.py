"""What a process has put off until its next operation, as nobody can tell when in between it is done."""

from __future__ import annotations

from collections.abc import Callable


class Errands:
    """What is put off, in order."""

    def __init__(self) -> None:
        self._waiting: list[Callable[[], None]] = []

    def add(self, errand: Callable[[], None]) -> None:
        """Put something off, for once; it may be an operation itself."""
        self._waiting.append(errand)

    def run(self) -> None:
        """Do it now."""
        while self._waiting:
            self._waiting.pop(0)()
