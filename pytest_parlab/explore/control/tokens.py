"""How the token is handed over: each process waits at a semaphore of its own."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from multiprocessing import synchronize
from typing import Any

_SEMAPHORE = 1
_MOST: int = vars(synchronize)["SEM_VALUE_MAX"]
_make: Any = vars(synchronize)["_multiprocessing"].SemLock
_unlink: Callable[[str], None] = vars(synchronize)["sem_unlink"]
GIVE_UP_S = 1.0
"""After so long a wait it is looked whether there is still somebody who could hand over the token."""


class Tokens:
    """The semaphores at which the processes of an exploration wait.

    Args:
        count: How many there can be.
        named: They are reached by name, from processes that are not forked. The names are then kept until `close`.

    Attributes:
        forked: This process has them from where they were made, or by a fork from there.
    """

    def __init__(self, count: int, *, named: bool = False) -> None:
        self.prefix = f"/parlab-{os.getpid()}-{secrets.token_hex(4)}"
        self.named = self._own = named
        self.forked = True
        self._gates = [self._new(number) for number in range(count)]

    def _new(self, number: int) -> Any:
        return _make(_SEMAPHORE, 0, _MOST, f"{self.prefix}-{number}", not self.named)

    def __getstate__(self) -> tuple[str, int]:
        return self.prefix, len(self._gates)

    def __setstate__(self, state: tuple[str, int]) -> None:
        self.prefix, count = state
        self.named, self._own = True, False  # the names are another's to remove
        self.forked = False
        rebuild = _make._rebuild
        self._gates = [rebuild(0, _SEMAPHORE, _MOST, f"{self.prefix}-{number}") for number in range(count)]

    def give(self, process: int) -> None:
        """Let a process go on."""
        self._gates[process].release()

    def wait(self, process: int, timeout_s: float = GIVE_UP_S) -> bool:
        """Wait for the token; False if it did not come in time."""
        return bool(self._gates[process].acquire(True, timeout_s))

    def clear(self) -> None:
        """Take back what was given and not taken; nobody may be waiting."""
        for gate in self._gates:
            while gate.acquire(False):
                pass

    def close(self) -> None:
        """Remove the names."""
        if self._own:
            self._own = False
            for number in range(len(self._gates)):
                _unlink(f"{self.prefix}-{number}")
