"""Numbers that processes share through the watch directory, without a lock and without a clock.

* A **ticket** is taken by whoever holds the lock that it belongs to, so it needs no protection of its own; it gives
  the exact order of critical sections.
* A **tally** has one slot per process and each process writes only its own; reading all slots tells how far everybody
  has come. It orders releases before the acquires that came after them, and counts a queue's items.
"""

from __future__ import annotations

import mmap
import os
from pathlib import Path

PROCESS_LIMIT = 2048
"""Processes that can have a slot in a tally; later ones are recorded but not counted."""
TALLY_BYTES = PROCESS_LIMIT * 8


def _map_words(path: Path, size: int) -> memoryview:
    descriptor = os.open(path, os.O_CREAT | os.O_RDWR | getattr(os, "O_BINARY", 0), 0o600)
    try:
        _allocate(descriptor, size)
        return memoryview(mmap.mmap(descriptor, size)).cast("Q")
    finally:
        os.close(descriptor)


def _allocate(descriptor: int, size: int) -> None:
    """Give the file at least `size` bytes without touching what it holds, whoever else does the same right now."""
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(descriptor, 0, size)
    elif os.fstat(descriptor).st_size < size:
        os.truncate(descriptor, size)


class Counters:
    """The tickets and tallies of one watch directory, mapped on first use.

    Args:
        directory: The watch directory.
        index: This process's index, its slot in every tally.
    """

    def __init__(self, directory: Path, index: int) -> None:
        self._directory = directory
        self._index = index
        self._tickets: dict[int, memoryview] = {}
        self._tallies: dict[str, memoryview] = {}
        self.failed = ""

    def ticket(self, key: int) -> int:
        """Take the next ticket of `key` (1, 2, 3, ...); the caller holds the lock that `key` stands for.

        Returns 0 if there is no room for the counter; `failed` then says so.
        """
        try:
            words = self._tickets[key]
        except KeyError:
            try:
                words = self._tickets[key] = _map_words(self._directory / f"{key:x}.ticket", 8)
            except OSError as error:
                self.failed = str(error)
                return 0
        number = words[0] + 1
        words[0] = number
        return number

    def add(self, key: str, amount: int = 1) -> int:
        """Add to this process's own slot of the tally `key`; returns the slot's new value (0 if there is no slot)."""
        words = self._tally(key)
        if words is None or self._index >= PROCESS_LIMIT:
            return 0
        number = words[self._index] + amount
        words[self._index] = number
        return number

    def own(self, key: str) -> int:
        """This process's own slot of the tally `key`."""
        words = self._tally(key)
        return 0 if words is None or self._index >= PROCESS_LIMIT else words[self._index]

    def counts(self, key: str) -> dict[int, int]:
        """Read the tally `key`: process index to count, without the zeros."""
        words = self._tally(key)
        if words is None:
            return {}
        return {index: count for index, count in enumerate(words.tolist()) if count}

    def total(self, key: str) -> int:
        """Sum of the tally `key`."""
        words = self._tally(key)
        return 0 if words is None else sum(words)

    def _tally(self, key: str) -> memoryview | None:
        words = self._tallies.get(key)
        if words is None:
            try:
                words = self._tallies[key] = _map_words(self._directory / f"{key}.tally", TALLY_BYTES)
            except OSError as error:
                self.failed = str(error)
                return None
        return words
