"""This process's recorder: turns "this happened" into a record in the ring of every open watch.

`active` is None while nothing is watched; a hook's first act is to look at it. Numbers for sites, names, threads and
new objects are given here, so that all watches that are open at once share them.
"""

from __future__ import annotations

import itertools
import os
import threading
from pathlib import Path
from types import FrameType
from typing import Any

from pytest_parlab.instrument.sites import Sites, qualified_name
from pytest_parlab.trace.counters import Counters
from pytest_parlab.trace.names import NamesWriter
from pytest_parlab.trace.records import Kind, now_ns
from pytest_parlab.trace.ring import RingWriter

active: Recorder | None = None

INDEX_BITS = 12
"""Process indexes below 4096 and about a million objects per process fit the 32-bit ids given out here; ids with the
top bit set belong to objects older than the watch."""


class Sink:
    """The files of one process in one watch directory."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.index, self.ring = _claim(directory)
        self.names = NamesWriter(directory / f"{self.index}.names")

    def close(self) -> None:
        """Close the files; what was written stays."""
        self.ring.close()
        self.names.close()


def _claim(directory: Path) -> tuple[int, RingWriter]:
    """Take the first free process index by creating its ring: exclusive creation is atomic on every system."""
    for index in itertools.count(sum(1 for _ in directory.glob("*.ring"))):
        try:
            return index, RingWriter(directory / f"{index}.ring")
        except FileExistsError:
            continue
    raise AssertionError


class Recorder:
    """Writes this process's events.

    Args:
        directories: The open watches, outermost first; tickets and tallies live in the outermost.

    Raises:
        OSError: A directory is gone or full.
    """

    def __init__(self, directories: tuple[Path, ...]) -> None:
        self.pid = os.getpid()
        self.sinks: list[Sink] = []
        self._described: list[tuple[str, int, dict[str, Any]]] = []
        self._describing = threading.RLock()
        self.sites = Sites(self._describe_site)
        self._names: dict[str, int] = {}
        self._threads: dict[int, int] = {}
        self._next_thread = itertools.count().__next__
        for directory in directories:
            self.open_sink(directory)
        self.index = self.sinks[0].index
        self.counters = Counters(self.sinks[0].directory, self.index)
        self._next_id = itertools.count(1).__next__

    @property
    def directories(self) -> tuple[Path, ...]:
        """The open watches, outermost first."""
        return tuple(sink.directory for sink in self.sinks)

    def open_sink(self, directory: Path) -> None:
        """Record into one more watch directory from now on."""
        sink = Sink(directory)
        process = {"pid": self.pid, "parent_pid": os.getppid(), "name": _process_name()}
        sink.names.write("process", sink.index, process)
        with self._describing:
            for description in self._described:
                sink.names.write(*description)
            self.sinks.append(sink)
        sink.ring.append(0, now_ns(), Kind.PROCESS_BEGIN | self.thread() << 8)

    def close_sink(self, directory: Path) -> None:
        """Stop recording into a watch directory."""
        for sink in [sink for sink in self.sinks if sink.directory == directory]:
            self.sinks.remove(sink)
            sink.close()

    def write(self, kind: int, subject: int, payload: int, site: int = 0, flags: int = 0) -> None:
        """Append one record to every open watch."""
        head = kind | self.thread() << 8 | site << 24 | flags << 56
        for sink in self.sinks:
            sink.ring.append(subject, payload, head)

    def describe(self, about: str, identity: int, **facts: Any) -> None:
        """Say once what a number stands for."""
        with self._describing:
            self._described.append((about, identity, facts))
            for sink in self.sinks:
                sink.names.write(about, identity, facts)

    def new_id(self) -> int:
        """A number for a new object or call, unique in the watch."""
        own_bits = 32 - INDEX_BITS
        return (self.index % (1 << (INDEX_BITS - 1))) << own_bits | self._next_id() % (1 << own_bits)

    def new_stamp(self) -> int:
        """A number for one item or message, unique in the watch."""
        return self.index << 44 | self._next_id()

    def name(self, text: str) -> int:
        """The number of a text."""
        number = self._names.get(text)
        if number is None:
            number = self._names[text] = len(self._names) + 1
            self.describe("name", number, text=text)
        return number

    def name_of(self, function: object) -> int:
        """The number of a function's qualified name."""
        return self.name(qualified_name(function))

    def thread(self) -> int:
        """The number of the calling thread, from 0."""
        number = self._threads.get(threading.get_ident())
        return self.new_thread() if number is None else number

    def new_thread(self) -> int:
        """Give the calling thread a number of its own, also where the system used an old identity again."""
        number = self._threads[threading.get_ident()] = self._next_thread() & 0xFFFF
        self.describe("thread", number, name=threading.current_thread().name)
        return number

    def caller(self) -> int:
        """The site in the user's code that led here; 0 if there is none (a helper thread, interpreter exit)."""
        return self.sites.caller()

    def signal(self, subject: int) -> None:
        """Record a release that later acquires may have seen (semaphores, events, barriers)."""
        key = f"signal-{subject:x}"
        count = self.counters.own(key) + 1
        self.write(Kind.SIGNAL, subject | count << 32, 0)
        self.counters.add(key)

    def seen(self, subject: int) -> None:
        """Record an acquire: whatever has been released so far came before it."""
        for index, count in self.counters.counts(f"signal-{subject:x}").items():
            if index != self.index:
                self.write(Kind.SEEN, subject | count << 32, index)

    def _describe_site(self, number: int, frame: FrameType) -> None:
        self.describe("site", number, **self.sites.facts(frame))

    def close(self) -> None:
        """Close all files."""
        for sink in self.sinks:
            sink.close()


def _process_name() -> str:
    from multiprocessing import process  # noqa: PLC0415 - not needed before a watch is opened

    return process.current_process().name


def _restart_in_child() -> None:
    """After a fork the child writes to rings of its own; the parent's mapping is left alone."""
    global active  # noqa: PLW0603 - one recorder per process is the point
    if active is None:
        return
    try:
        active = Recorder(active.directories)
    except OSError:  # the watch is over, or the disk is full: the child runs unrecorded
        active = None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_restart_in_child)
