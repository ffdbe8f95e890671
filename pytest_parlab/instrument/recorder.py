"""This process's recorder: turns "this happened" into a record in the ring of every open watch.

`active` is None while nothing is watched; a hook's first act is to look at it. Numbers for sites, names, threads and
new objects are given here, so that all watches that are open at once share them.
"""

from __future__ import annotations

import itertools
import os
import threading
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from threading import get_ident
from types import FrameType
from typing import Any

from pytest_parlab.instrument.sinks import Sink
from pytest_parlab.instrument.sites import Sites, qualified_name
from pytest_parlab.trace.counters import Counters
from pytest_parlab.trace.records import Kind, Problem, now_ns

active: Recorder | None = None

INDEX_BITS = 12
"""Process indexes below 2048 and about a million objects per process fit the 32-bit ids given out here; ids with the
top bit set belong to objects older than the watch."""
TEXT_LIMIT = 500
"""Characters kept of an error's text."""

_next_id = itertools.count(1).__next__  # goes on from watch to watch: what an earlier one left keeps an id of its own
_next_stamp = itertools.count(1).__next__


class Recorder:
    """Writes this process's events.

    Args:
        directories: The open watches, outermost first; tickets and tallies live in the outermost.
        fork: Token of the fork that made this process; 0 if there was none.

    Attributes:
        session: Number of the outermost watch, the same in all its processes.
        caller: The site in the user's code that led here; 0 if there is none (a helper thread, interpreter exit).
        numbers: The sites that have been met, for a quick look before `caller` walks; see `Sites.numbers`.

    Raises:
        OSError: No directory can be recorded into: gone or full.
    """

    def __init__(self, directories: tuple[Path, ...], *, fork: int = 0) -> None:
        self.pid = os.getpid()
        self.sinks: list[Sink] = []
        self._appends: list[Callable[[int, int, int], None]] = []
        self._fork = fork
        self._described: list[tuple[str, int, dict[str, Any]]] = []
        self._describing = threading.RLock()
        self._signalling = threading.RLock()
        self._cpu_ns = time.process_time_ns()
        self._texts: dict[str, int] = {}
        self._threads: dict[int, int] = {}
        self._next_thread = itertools.count().__next__
        self.sites = Sites(self._describe_site)
        self.caller = self.sites.caller
        self.numbers = self.sites.numbers
        failed: OSError | None = None
        for directory in directories:
            try:
                self.open_sink(directory)
            except OSError as error:
                failed = error
        if not self.sinks:
            raise failed or FileNotFoundError("no open watch")
        outermost = self.sinks[0]
        self.index = outermost.index
        self.session = zlib.crc32(os.fsencode(outermost.directory))
        self.counters = Counters(outermost.directory, self.index, on_failure=self._not_counted)
        self._tickets = self.counters.tickets

    @property
    def directories(self) -> tuple[Path, ...]:
        """The open watches, outermost first."""
        return tuple(sink.directory for sink in self.sinks)

    def open_sink(self, directory: Path) -> None:
        """Record into one more watch directory from now on.

        Raises:
            OSError: It is gone or full.
        """
        sink = Sink(directory)
        with self._describing:
            about = {"pid": self.pid, "parent_pid": os.getppid(), "name": _process_name(), "fork": self._fork}
            sink.describe("process", sink.index, about)
            for description in self._described:
                sink.describe_again(*description)
            self.sinks.append(sink)
            self._appends.append(sink.append)
        sink.append(0, now_ns(), Kind.PROCESS_BEGIN | self.thread() << 8)

    def close_sink(self, directory: Path) -> None:
        """Stop recording into a watch directory."""
        for sink in [sink for sink in self.sinks if sink.directory == directory]:
            self.sinks.remove(sink)
            self._appends.remove(sink.append)
            cpu_ns = time.process_time_ns() - self._cpu_ns
            sink.append(cpu_ns, now_ns(), Kind.PROCESS_END | self.thread() << 8)
            sink.close()

    def access(self, kind: int, block: int, index: int, frame: FrameType) -> None:
        """Append one access to shared memory: `write`, with ticket and site, in as few steps as possible.

        The caller holds the block's lock; `frame` is the one that accessed it. A block's tickets go by its negative
        number, for locks have tickets of their own.
        """
        site = self.numbers.get(id(frame.f_code) + frame.f_lasti) or self.sites.of(frame)
        try:
            words = self._tickets[-block]
            words[0] = ticket = words[0] + 1
        except KeyError:
            ticket = self.counters.ticket(-block)
        try:
            head = kind | self._threads[get_ident()] << 8 | site << 24
        except KeyError:
            head = kind | self.new_thread() << 8 | site << 24
        subject = block | index << 32 if index else block
        for append in self._appends:
            append(subject, ticket, head)

    def touch(self, kind: int, block: int, index: int, frame: FrameType) -> None:
        """Append one access that no lock of the block's own protects: it has no place in the order of its accesses.

        Args:
            kind: ``Kind.READ`` or ``Kind.WRITE``.
            block: Number of the block (31 bits).
            index: Which cell of it (31 bits).
            frame: Who accesses it; the innermost frame of the user's is looked for from here.
        """
        site = self.numbers.get(id(frame.f_code) + frame.f_lasti) or self.sites.of(frame)
        self.write(kind, block | index << 32, 0, site)

    def lock_acquired(self, number: int, frame: FrameType) -> None:
        """Record that the calling thread has a lock now; only its holder may call this."""
        ticket = self.counters.ticket(number)
        self.write(Kind.LOCK_ACQUIRED, number | ticket << 32, now_ns(), self.sites.of(frame))

    def lock_released(self, number: int, frame: FrameType) -> None:
        """Record that a lock was given back."""
        self.write(Kind.LOCK_RELEASED, number, now_ns(), self.sites.of(frame))

    def write(self, kind: int, subject: int, payload: int, site: int = 0) -> None:
        """Append one record to every open watch."""
        try:
            head = kind | self._threads[get_ident()] << 8 | site << 24
        except KeyError:
            head = kind | self.new_thread() << 8 | site << 24
        for append in self._appends:
            append(subject, payload, head)

    def describe(self, about: str, identity: int, **facts: Any) -> None:
        """Say once what a number stands for."""
        with self._describing:
            self._described.append((about, identity, facts))
            for sink in self.sinks:
                sink.describe(about, identity, facts)

    def new_id(self) -> int:
        """A number for a new object or call, unique in the watch."""
        own_bits = 32 - INDEX_BITS
        return (self.index % (1 << (INDEX_BITS - 1))) << own_bits | _next_id() % (1 << own_bits)

    def new_stamp(self) -> int:
        """A number for one item or message, unique in the watch."""
        return self.index << 44 | _next_stamp()

    def name(self, text: str) -> int:
        """The number of a text."""
        number = self._texts.get(text)
        if number is None:
            number = self._texts[text] = len(self._texts) + 1
            self.describe("name", number, text=text)
        return number

    def name_of(self, function: object) -> int:
        """The number of a function's qualified name."""
        return self.name(qualified_name(function))

    def thread(self) -> int:
        """The number of the calling thread, from 0."""
        number = self._threads.get(get_ident())
        return self.new_thread() if number is None else number

    def new_thread(self, thread: threading.Thread | None = None) -> int:
        """Give the calling thread a number of its own, also where the system used an old identity again.

        Args:
            thread: The thread, where it has not yet registered itself; `threading.current_thread` would make up
                another one then.
        """
        number = self._threads[get_ident()] = self._next_thread() & 0xFFFF
        known = thread or threading._active.get(get_ident())  # type: ignore[attr-defined]
        self.describe("thread", number, name=known.name if known is not None else "")
        return number

    def signal(self, subject: int) -> None:
        """Record a release that later acquires may have seen (semaphores, events, conditions)."""
        key = f"signal-{subject:x}"
        with self._signalling:
            count = self.counters.own(key) + 1
            self.write(Kind.SIGNAL, subject | count << 32, self.index)
            self.counters.add(key)

    def seen(self, subject: int, at_least: int | None = None) -> None:
        """Record an acquire.

        Args:
            subject: What was acquired.
            at_least: How many releases must have come before; by default all that have been made by now.
        """
        counts = self.counters.counts(f"signal-{subject:x}")
        surplus = 0 if at_least is None else sum(counts.values()) - at_least
        for index, count in counts.items():
            sure = count - surplus  # if all the others came first
            if sure > 0 and (index != self.index or len(self._threads) > 1):
                self.write(Kind.SEEN, subject | sure << 32, index)

    def close(self) -> None:
        """Close all files."""
        for sink in self.sinks:
            sink.close()

    def _describe_site(self, number: int, frame: FrameType) -> None:
        self.describe("site", number, **self.sites.facts(frame))

    def _not_counted(self) -> None:
        self.write(Kind.PROBLEM, Problem.COUNTERS, now_ns())


def error_text(error: BaseException) -> str:
    """What a reader is told of an error; never raises, whatever the error's own ``__str__`` does."""
    kind = type(error).__name__
    try:
        return f"{kind}: {error}"[:TEXT_LIMIT]
    except Exception:  # noqa: BLE001 - it is the user's code that is called here
        return kind


def _process_name() -> str:
    from multiprocessing import process  # noqa: PLC0415 - not needed before a watch is opened

    return process.current_process().name
