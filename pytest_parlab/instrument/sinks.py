"""The files of one process in one watch directory."""

from __future__ import annotations

import itertools
import mmap
import os
from pathlib import Path
from typing import Any

from pytest_parlab.trace.names import NAMES, NamesWriter
from pytest_parlab.trace.records import Kind, Problem, now_ns
from pytest_parlab.trace.ring import RING, STARTER, UNTRACKED, RingWriter, new_starters
from pytest_parlab.trace.session import UNRECORDED

_PASSING = frozenset({"child", "process-error"})
"""What a later watch is not told: it was over before that watch was opened."""
_NEXT = "next"
"""Name of the file with the index that is probably free: a hint, which nobody protects."""
_WORD = 8
_READY_LIMIT = 16
"""Most children to make ready for at once."""


class Sink:
    """Where one process records one watch.

    Args:
        directory: The watch directory, as an absolute path.
        ring: Where the events go.
        free: The word with the index that is probably free.

    Attributes:
        index: This process's index in that watch.
        append: Writes one record; see `RingWriter.append`.
    """

    __slots__ = (
        "_free",
        "_made",
        "_names",
        "_next_batch",
        "_ready",
        "_ring",
        "_stem",
        "append",
        "directory",
        "index",
        "pin",
    )

    def __init__(self, directory: Path, ring: RingWriter, free: memoryview) -> None:
        self.directory = directory
        self.index = -1
        self.append = ring.append
        self.pin = ring.pin
        self._stem = f"{directory}{os.sep}"
        self._free = free
        self._ring = ring
        self._names = NamesWriter()
        self._ready: list[tuple[str, Sink]] = []
        self._made = 0
        self._next_batch = itertools.count().__next__  # for several threads at once

    @classmethod
    def open(cls, directory: Path) -> Sink:
        """Begin to record this process into a watch.

        Raises:
            OSError: The directory is gone or full.
        """
        free = _map_free(directory)
        stem = f"{directory}{os.sep}"
        for index in itertools.count(free[0]):
            try:
                starter = new_starters(f"{stem}{index}{RING}", 1)
            except FileExistsError:
                continue
            free[0] = index + 1
            ring = RingWriter(starter)
            ring.begin(f"{stem}{index}", os.getppid())
            sink = cls(directory, ring, free)
            sink.index = index
            sink._names.path = f"{stem}{index}{NAMES}"
            return sink
        raise AssertionError

    def for_child(self, token: int, thread: int, who: int = 0) -> Sink:
        """Make ready where a child that is about to be forked will record.

        Args:
            token: Token of the fork.
            thread: Number of the thread that forks.
            who: See `Origin`.

        Raises:
            OSError: The directory is gone or full.
        """
        while True:
            try:
                where, child = self._ready.pop()
                break
            except IndexError:
                self._make_ready()
        free = self._free
        index = free[0]
        while True:
            stem = self._stem + str(index)
            try:
                os.symlink(where, stem + RING)  # noqa: PTH211 - one call, where each costs a page
                break
            except FileExistsError:
                index += 1
        free[0] = index + 1
        child.index = index
        child._names.path = stem + NAMES
        child._ring.begin(
            stem, os.getpid(), token | self.index + 1 << 32 | thread << 48, self._names.size | who << 32
        )
        return child

    def _make_ready(self) -> None:
        """Make ready for more children than the next one: the work is the same."""
        count = min(max(self._made, 1), _READY_LIMIT)
        name = f"{self.index}-{self._next_batch()}.starters"
        starters = new_starters(self._stem + name, count)
        self._made += count
        for number in range(count):
            ring = RingWriter(starters[number * STARTER : (number + 1) * STARTER])
            self._ready.append((f"{name}@{number}", Sink(self.directory, ring, self._free)))

    def describe(self, about: str, identity: int, facts: dict[str, Any]) -> None:
        """Say what a number stands for."""
        if not self._names.write(about, identity, facts):
            self.pin(Problem.NAMES, now_ns(), Kind.PROBLEM)

    def describe_again(self, about: str, identity: int, facts: dict[str, Any]) -> None:
        """Say what a number stood for before this watch was opened."""
        if about not in _PASSING:
            self.describe(about, identity, {**facts, "older": True})

    def close(self) -> None:
        """Close the files; what was written stays."""
        self._ring.close()
        self._names.close()


def _map_free(directory: Path) -> memoryview:
    """The word with the index that is probably free; one of this process alone where there is no room for it."""
    try:
        descriptor = os.open(directory / _NEXT, os.O_CREAT | os.O_RDWR | getattr(os, "O_BINARY", 0), 0o600)
    except OSError:
        return memoryview(bytearray(_WORD)).cast("Q")
    try:
        if os.fstat(descriptor).st_size < _WORD:  # zeros over zeros, whoever else does the same
            os.write(descriptor, bytes(_WORD))
        return memoryview(mmap.mmap(descriptor, _WORD, **UNTRACKED)).cast("Q")
    except (OSError, ValueError):
        return memoryview(bytearray(_WORD)).cast("Q")
    finally:
        os.close(descriptor)


def leave_note(directories: tuple[Path, ...]) -> None:
    """Say in each watch directory that this process could not be recorded; an empty file needs next to no room."""
    for directory in directories:
        try:
            (directory / f"{os.getpid()}{UNRECORDED}").touch()
        except OSError:
            continue
