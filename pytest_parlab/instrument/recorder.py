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
from typing import TYPE_CHECKING, Any

from pytest_parlab.instrument.holdings import give, take
from pytest_parlab.instrument.sinks import Sink
from pytest_parlab.instrument.sites import Sites, qualified_name
from pytest_parlab.instrument.strands import LiveStrand
from pytest_parlab.trace.counters import PROCESS_LIMIT, Counters
from pytest_parlab.trace.records import WRITER_MASK, Kind, Problem, now_ns

if TYPE_CHECKING:
    from pytest_parlab.instrument.nodes import Cell, Node

active: Recorder | None = None

INDEX_BITS = 12
"""Process indexes below 2048 and about a million objects per process fit the 32-bit ids given out here; ids with the
top bit set belong to objects older than the watch."""
_next_id = itertools.count(1).__next__  # goes on from watch to watch: what an earlier one left keeps an id of its own
_next_stamp = itertools.count(1).__next__
_NOBODY = LiveStrand(0, 0)
"""Stands for "there are several threads" where the access path looks for the only one: its stamp is nobody's."""
_NOBODY.stamp = -2


class Recorder:
    """Writes this process's events.

    Args:
        directories: The open watches, outermost first; tickets and tallies live in the outermost.

    Attributes:
        writer: What makes the next word of a cell from the last one with all its low bits set; see `folding`.
        session: Number of the outermost watch, the same in all its processes.
        caller: The site in the user's code that led here; 0 if there is none (a helper thread, interpreter exit).
        numbers: The sites that have been met, for a quick look before `caller` walks; see `Sites.numbers`.
        lone: The only thread there is, as far as is known; a stand-in where there are several.
        tickets: The ticket words that are mapped now; see `Counters.tickets`.

    Raises:
        OSError: No directory can be recorded into: gone or full.
    """

    def __init__(self, directories: tuple[Path, ...]) -> None:
        self.pid = os.getpid()
        self.sinks: list[Sink] = []
        self._appends: list[Callable[[int, int, int], None]] = []
        self._children: dict[int, dict[str, Any]] = {}
        self._described: list[tuple[str, int, dict[str, Any]]] = []
        self._describing = threading.RLock()
        self._signalling = threading.RLock()
        self._cpu_ns = time.process_time_ns()
        self._texts: dict[str, int] = {}
        self._contexts: dict[tuple[object, ...], int] = {}
        self._strands: dict[int, LiveStrand] = {}
        self._seen: dict[tuple[int, int], dict[int, int]] = {}
        self._next_thread = itertools.count().__next__
        self.lone = _NOBODY
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
        self.writer = 1 + (outermost.index + 1 & WRITER_MASK)
        self.session = zlib.crc32(os.fsencode(outermost.directory))
        self.counters = Counters(outermost.directory, self.index, on_failure=self.not_counted)
        self.tickets = self.counters.tickets
        self.new_thread()
        if self.index >= PROCESS_LIMIT:
            self.not_counted()

    @property
    def directories(self) -> tuple[Path, ...]:
        """The open watches, outermost first."""
        return tuple(sink.directory for sink in self.sinks)

    def open_sink(self, directory: Path) -> None:
        """Record into one more watch directory from now on.

        Raises:
            OSError: It is gone or full.
        """
        sink = Sink.open(directory)
        with self._describing:
            for strand in list(self._strands.values()):  # none of it belongs to this watch
                strand.flush(self)
            sink.describe("process", sink.index, {"name": _process_name()})
            for description in self._described:
                sink.describe_again(*description)
            self.sinks.append(sink)
            self._appends.append(sink.append)
        for strand in list(self._strands.values()):  # its contexts have to be recorded for this watch, too
            strand.advance()
        sink.append(self.pid, now_ns(), Kind.PROCESS_BEGIN | self._number() << 8)

    def close_sink(self, directory: Path, *, keep: bool = False) -> None:
        """Stop recording into a watch directory; to `keep` it means that its tickets and tallies are still needed."""
        for sink in [sink for sink in self.sinks if sink.directory == directory]:
            self.finish()
            cpu_ns = time.process_time_ns() - self._cpu_ns
            sink.append(cpu_ns, now_ns(), Kind.PROCESS_END | self._number() << 8)
            if not keep:
                self.sinks.remove(sink)
                self._appends.remove(sink.append)
                self._children.clear()
                sink.close()
        if not self.sinks:
            self.counters.close()
            for strand in list(self._strands.values()):  # locks and values that live on refer to their last thread
                strand.forget()

    def here(self) -> LiveStrand:
        """What is known of the calling thread."""
        return self._strands.get(get_ident()) or self.new_thread()

    def touch(self, kind: int, block: int, index: int, frame: FrameType) -> Cell:
        """Note one access to memory that has no lock of its own: before it writes, after it has read.

        Args:
            kind: ``Kind.RAW_READ`` or another kind of access.
            block: Number of the block (31 bits).
            index: Which cell of it (31 bits).
            frame: Who accesses it; the innermost frame of the user's is looked for from here.
        """
        return self.here().fold(block).access(self, kind, index, frame, None, 0)

    def lock_acquired(self, number: int, frame: FrameType) -> None:
        """Note that the calling thread has a lock now; only its holder may call this."""
        take(self, self.here(), number, self.sites.of(frame))

    def lock_released(self, number: int, frame: FrameType) -> None:
        """Note that the calling thread is about to give a lock back."""
        give(self, self.here(), number, self.sites.of(frame))

    def append(self, subject: int, payload: int, head: int) -> None:
        """Append one record to every open watch as it is: it neither begins nor ends an epoch."""
        for append in self._appends:
            append(subject, payload, head)

    def write(self, kind: int, subject: int, payload: int, site: int = 0) -> None:
        """Append one record to every open watch; what the calling thread does next belongs to another epoch."""
        strand = self._strands.get(get_ident()) or self.new_thread()
        strand.advance()
        head = kind | strand.number << 8 | site << 24
        for append in self._appends:
            append(subject, payload, head)

    def flush(self) -> None:
        """Write down what the calling thread keeps back: counts of accesses, series of holdings."""
        self.here().flush(self)

    def finish(self) -> None:
        """Write down what all threads keep back, and the locks that they still hold."""
        for strand in list(self._strands.values()):
            strand.finish(self)

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

    def new_thread(self, thread: threading.Thread | None = None) -> LiveStrand:
        """Give the calling thread a number of its own, also where the system used an old identity again.

        Args:
            thread: The thread, where it has not yet registered itself; `threading.current_thread` would make up
                another one then.
        """
        ended = self._strands.get(get_ident())
        if ended is not None:
            ended.finish(self)
        number = self._next_thread() & 0xFFFF
        strand = self._strands[get_ident()] = LiveStrand(number, self.index)
        self.lone = strand if len(self._strands) == 1 and threading.active_count() == 1 else _NOBODY
        known = thread or threading._active.get(get_ident())  # type: ignore[attr-defined]
        self.describe("thread", number, name=known.name if known is not None else "")
        return strand

    def signal(self, subject: int, site: int = 0) -> None:
        """Record a release that later acquires may have seen (semaphores, events, conditions)."""
        key = f"signal-{subject:x}"
        with self._signalling:
            count = self.counters.own(key) + 1
            self.write(Kind.SIGNAL, subject | count << 32, self.index, site)
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
            if sure > 0 and (index != self.index or at_least is not None or len(self._strands) > 1):
                self.write(Kind.SEEN, subject | sure << 32, index)

    def publish(self, subject: int) -> None:
        """Record a release of the calling thread's within its epoch, for memory that somebody may poll."""
        key = f"signal-{subject:x}"
        with self._signalling:
            count = self.counters.own(key) + 1
            self.append(subject | count << 32, self.index, Kind.SIGNAL | self.here().number << 8)
            self.counters.add(key)

    def polled(self, subject: int) -> None:
        """Record that a poll may have seen what was published, where something new was."""
        counts, key = self.counters.counts(f"signal-{subject:x}"), (self.here().number, subject)
        if counts != self._seen.get(key):
            self._seen[key] = counts
            self.seen(subject)

    def context(self, node: Node, before: Node | None, kept: frozenset[int], *, broken: bool) -> int:
        """The number of a context of accesses; see `folding`."""
        previous = None if before is None else (int(before.kind), before.site)
        key = (node.kind, node.site, node.locks, previous, kept, broken)
        number = self._contexts.get(key)
        if number is None:
            number = self._contexts[key] = len(self._contexts) + 1
            facts = {"kind": int(node.kind), "previous": previous, "polls": node.polls, "broken": broken}
            self.describe("context", number, site=node.site, locks=sorted(node.locks), kept=sorted(kept), **facts)
        return number

    def site_of(self, frame: FrameType) -> tuple[int, bool]:
        """The place in the user's code that a frame stands for, and whether it is a loop's condition."""
        number = self.numbers.get(id(frame.f_code) + frame.f_lasti) or self.sites.of(frame)
        return number, number in self.sites.polling

    def _number(self) -> int:
        """The number of the calling thread; while the recorder is being made there is only one, the first."""
        strand = self._strands.get(get_ident())
        return 0 if strand is None else strand.number

    def _describe_site(self, number: int, frame: FrameType) -> None:
        self.describe("site", number, **self.sites.facts(frame))

    def not_counted(self) -> None:
        """Record that there was no room for a counter."""
        for sink in self.sinks:
            sink.pin(Problem.COUNTERS, now_ns(), Kind.PROBLEM)


def _process_name() -> str:
    from multiprocessing import process  # noqa: PLC0415 - not needed before a watch is opened

    return process.current_process().name
