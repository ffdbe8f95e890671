"""Numbers that processes share through the watch directory, without a lock and without a clock.

* A **ticket** is taken by whoever holds the lock that it belongs to, so it needs no protection of its own; it gives
  the exact order of critical sections.
* A **tally** has one slot per process and each process writes only its own; reading all slots tells how far everybody
  has come. It orders releases before the acquires that came after them, and counts a queue's items.

A mapping keeps a file descriptor open, and descriptors belong to the program under test: only the mappings used last
are kept, the others are mapped again when they are needed.
"""

from __future__ import annotations

import mmap
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pytest_parlab.trace.ring import UNTRACKED

PROCESS_LIMIT = 2048
"""Processes that can have a slot in a tally; later ones are recorded but not counted."""
NARROW = 64
"""Slots that are read while no process beyond them has written."""
_WIDE = PROCESS_LIMIT
"""The word behind the slots: not 0 once a process beyond the narrow part has written."""
TALLY_BYTES = (PROCESS_LIMIT + 1) * 8
TICKET_BYTES = 40
"""A ticket file: the last number taken, then for a lock who had it last, where and when it was acquired, 0 if it is
free again, and the number of the last holding that was ended by another than its holder; for a barrier, the number
with which its present meeting began."""
OPEN_LIMIT = 64
"""Mappings of each kind that are kept."""


def _map_words(path: Path, size: int) -> memoryview:
    descriptor = os.open(path, os.O_CREAT | os.O_RDWR | getattr(os, "O_BINARY", 0), 0o600)
    try:
        _allocate(descriptor, size)
        return memoryview(mmap.mmap(descriptor, size, **UNTRACKED)).cast("Q")
    finally:
        os.close(descriptor)


def _allocate(descriptor: int, size: int) -> None:
    """Give the file at least `size` bytes without touching what it holds, whoever else does the same right now."""
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(descriptor, 0, size)
    elif os.fstat(descriptor).st_size < size:
        os.truncate(descriptor, size)


def _ignore() -> None:
    """Where nobody wants to know."""


class Counters:
    """The tickets and tallies of one watch directory, mapped on first use.

    Args:
        directory: The watch directory.
        index: This process's index, its slot in every tally.
        on_failure: Called when there is no room for a counter.
        open_limit: Mappings of each kind that are kept.

    Attributes:
        tickets: The ticket counters that are mapped now; word 0 is the last number taken.
    """

    def __init__(
        self, directory: Path, index: int, *, on_failure: Callable[[], None] = _ignore, open_limit: int = OPEN_LIMIT
    ) -> None:
        self._directory = directory
        self.index = index
        self._on_failure = on_failure
        self._open_limit = open_limit
        self.tickets: dict[int, memoryview] = {}
        self._tallies: dict[str, memoryview] = {}
        self._failed: set[Path] = set()
        self._private: dict[int, memoryview] = {}
        self.own_slot = threading.RLock()  # several threads of this process share its slot

    def close(self) -> None:
        """Let go of all mappings: each may keep a descriptor, and the program may close it and get its number."""
        self.tickets.clear()
        self._tallies.clear()

    def ticket(self, key: int) -> int:
        """Take the next ticket of `key` (1, 2, 3, ...); the caller holds the lock that `key` stands for.

        Returns 0 if there is no room for the counter.
        """
        words = self.tickets.get(key) or self.ticket_words(key)
        words[0] = number = words[0] + 1
        return number if key in self.tickets else 0

    def last_ticket(self, key: int) -> int:
        """The last ticket of `key` that was taken; 0 if none was, and nothing is made then."""
        if key not in self.tickets and not self._ticket_path(key).exists():
            return 0
        return int((self.tickets.get(key) or self.ticket_words(key))[0])

    def _ticket_path(self, key: int) -> Path:
        return self._directory / f"{key:x}.ticket"

    def ticket_words(self, key: int) -> memoryview:
        """The words of the ticket `key`; words of this process alone where there is no room for shared ones."""
        words = self._open(self._ticket_path(key), TICKET_BYTES)
        if words is None:
            return self._private.setdefault(key, memoryview(bytearray(TICKET_BYTES)).cast("Q"))
        _keep_few(self.tickets, self._open_limit)
        self.tickets[key] = words
        return words

    def words(self, key: int, count: int) -> memoryview | None:
        """Map `count` words that all processes share under `key`; the caller keeps them. None if there is no room."""
        return self._open(self._directory / f"{key:x}.words", count * 8)

    def arrival(self, key: int, *, first: bool) -> tuple[int, int]:
        """Take the next ticket at a barrier, and tell with which one its present meeting began.

        Args:
            key: The barrier, whose lock the caller holds.
            first: Nobody else waits at the barrier.

        Returns:
            The ticket and the first ticket of the meeting; zeros if there is no room.
        """
        number = self.ticket(key)
        words = self.tickets.get(key)
        if words is None:
            return 0, 0
        if first:
            words[1] = number
        return number, words[1]

    def add(self, key: str, amount: int = 1) -> int:
        """Add to this process's own slot of the tally `key`; returns the slot's new value (0 if there is no slot)."""
        words = self._tally(key)
        if words is None or self.index >= PROCESS_LIMIT:
            return 0
        with self.own_slot:
            if self.index >= NARROW:
                words[_WIDE] = 1
            number = words[self.index] + amount
            words[self.index] = number
            return number

    def own(self, key: str) -> int:
        """This process's own slot of the tally `key`."""
        words = self._tally(key)
        return 0 if words is None or self.index >= PROCESS_LIMIT else words[self.index]

    def counts(self, key: str) -> dict[int, int]:
        """Read the tally `key`: process index to count, without the zeros."""
        return {index: count for index, count in enumerate(self._slots(key)) if count}

    def total(self, key: str) -> int:
        """Sum of the tally `key`."""
        return sum(self._slots(key))

    def _slots(self, key: str) -> list[int]:
        words = self._tally(key)
        if words is None:
            return []
        return words[: PROCESS_LIMIT if words[_WIDE] else NARROW].tolist()

    def _tally(self, key: str) -> memoryview | None:
        words = self._tallies.get(key)
        if words is None:
            words = self._open(self._directory / f"{key}.tally", TALLY_BYTES)
            if words is not None:
                _keep_few(self._tallies, self._open_limit)
                self._tallies[key] = words
        return words

    def _open(self, path: Path, size: int) -> memoryview | None:
        if path in self._failed:
            return None
        try:
            return _map_words(path, size)
        except OSError:
            self._failed.add(path)
            self._on_failure()
            return None


def _keep_few(mappings: dict[Any, memoryview], limit: int) -> None:
    for oldest in list(mappings)[: max(len(mappings) - limit + 1, 0)]:
        mappings.pop(oldest, None)
