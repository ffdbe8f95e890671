"""How long a thread holds each lock: written down for a series of holdings at once, at the end of the series.

A loop that takes a lock a million times would fill the ring with nothing but that. Holdings of one lock by one
thread from one place that follow each other directly, with nobody else between them, become one *series*; its length
is bounded, so that a picture of it stays true. Who holds a lock right now stands beside the lock's ticket, in memory
that outlives the holder.

A lock that is given back by another thread than the one that took it is a signal: whoever takes it next has waited
for that.
"""

from __future__ import annotations

from types import CodeType, FrameType
from typing import TYPE_CHECKING

from pytest_parlab.instrument.nodes import NO_LOCKS
from pytest_parlab.trace.records import COUNT_BITS, COUNT_MASK, MASK_32, Kind, now_ns

if TYPE_CHECKING:
    from pytest_parlab.instrument.recorder import Recorder
    from pytest_parlab.instrument.strands import LiveStrand

SERIES_NS = 1_000_000
"""Longest series, from its first acquisition to its last release."""
LONG_NS = 50_000
"""A holding as long as this is written down at once: its thread may be ended before it takes the lock again."""

HELD = 1
ENTERED = 2
_NOWHERE = -1
KEPT_LIMIT = 64
"""Locks whose words stay mapped for the only thread of a process: a mapping keeps a file descriptor open."""


class Series:
    """The latest holdings of one lock by one thread.

    Args:
        strand: The thread.
        lock: Number of the lock.

    Attributes:
        alone: The set of this lock and no other.
        words: The words of the lock, where they are kept mapped: ticket, holder, place, time, which is 0 while nobody
            holds it, and the ticket of the last holding that another thread ended.
        state: 0 while the lock is not held, `HELD`, or `ENTERED` if the holding began with a block.
        ticket: Ticket of the latest holding.
        site: Where it began.
        code: The code object of that place, and `lasti` the instruction; -1 if the place is further up the stack.
        left_code: The same for the place where the holdings of the present series end.
        acquired_ns: When that was, and the stamp of the thread from then on.
        first: Ticket of the first holding that is complete and not yet written down; 0 if there is none.
        until_ns: A series that ends later is ended.
    """

    __slots__ = (
        "acquired_ns",
        "alone",
        "began_ns",
        "code",
        "first",
        "held_ns",
        "lasti",
        "left_code",
        "left_lasti",
        "left_ns",
        "left_site",
        "lock",
        "site",
        "state",
        "strand",
        "ticket",
        "until_ns",
        "words",
    )

    def __init__(self, strand: LiveStrand, lock: int) -> None:
        self.strand = strand
        self.lock = lock
        self.alone = strand.lock_set(frozenset((lock,)))
        self.words: memoryview | None = None
        self.code: CodeType | None = None
        self.lasti = -1
        self.state = self.ticket = self.site = self.acquired_ns = 0
        self.first = self.began_ns = self.until_ns = self.held_ns = self.left_ns = 0
        self.left_site = _NOWHERE
        self.left_code: CodeType | None = None
        self.left_lasti = -1


def ask(record: Recorder, strand: LiveStrand, lock: int, site: int) -> None:
    """The lock is not free, and this thread begins to wait for it."""
    write(record, _series(strand, lock))
    record.append(lock, now_ns(), Kind.LOCK_ASKED | strand.number << 8 | site << 24)


def take(record: Recorder, strand: LiveStrand, lock: int, site: int) -> Series:
    """The lock is held from now on; only its holder may call this."""
    series = _series(strand, lock)
    if series.state:  # somebody else released it for this thread
        forsake(record, series)
    words = series.words or _words(record, series)
    change_place(record, series, site, words)
    _wait_ended(record, series, words)
    begin(series, strand, words)
    return series


def forsake(record: Recorder, series: Series) -> None:
    """Another thread has ended the holding of this one."""
    write(record, series)
    _write_kept(record, series)
    series.state = 0


def begin(series: Series, strand: LiveStrand, words: memoryview) -> None:
    """A holding begins."""
    words[0] = series.ticket = words[0] + 1
    words[3] = series.acquired_ns = strand.stamp = now = now_ns()
    series.state = HELD
    if strand.locks is NO_LOCKS:
        strand.locks = series.alone
        strand.bare = now
    else:
        strand.took(series, now)


def change_place(record: Recorder, series: Series, site: int, words: memoryview) -> None:
    """The holding that begins now does not go on from the one before: sign for it, and end the series."""
    if series.first and (site != series.site or words[0] != series.ticket):
        write(record, series)
    words[1], words[2] = series.strand.mark, site
    series.site = site
    series.lasti = -1


def come_from(record: Recorder, series: Series, frame: FrameType) -> None:
    """The holding that begins now does so in another place than the one before, or somebody else came in between."""
    key = id(frame.f_code) + frame.f_lasti
    site = record.numbers.get(key) or record.sites.of(frame)
    if series.words is not None:
        change_place(record, series, site, series.words)
        _wait_ended(record, series, series.words)
    if key in record.numbers:
        series.code, series.lasti = frame.f_code, frame.f_lasti


def give(record: Recorder, strand: LiveStrand, lock: int, site: int) -> None:
    """The lock is about to be released."""
    series = _series(strand, lock)
    words = series.words or _words(record, series)
    if series.state:
        end(record, series, strand, words, site)
    else:
        _free(record, series, words, site)


def overfill(record: Recorder, strand: LiveStrand, lock: int, site: int) -> None:
    """A semaphore of one is released that nobody holds: it is no lock any more, and was none."""
    record.append(lock, now_ns(), Kind.LOCK_FREED | strand.number << 8 | site << 24)


def _free(record: Recorder, series: Series, words: memoryview, site: int) -> None:
    """Another thread's holding is ended for it, as a sign to whoever takes the lock next."""
    words[3] = 0
    words[4] = words[0]
    subject = series.lock | (words[0] & MASK_32) << 32
    record.append(subject, now_ns(), Kind.LOCK_FREED | series.strand.number << 8 | site << 24)
    series.strand.advance()


def _wait_ended(record: Recorder, series: Series, words: memoryview) -> None:
    """The lock was had after another thread had ended the holding before for its holder."""
    if words[4] and words[4] == words[0]:
        subject = series.lock | (words[0] & MASK_32) << 32
        record.append(subject, now_ns(), Kind.LOCK_PASSED | series.strand.number << 8 | series.site << 24)
        series.strand.advance()


def end(record: Recorder, series: Series, strand: LiveStrand, words: memoryview, site: int) -> None:
    """A holding is over."""
    if words[0] != series.ticket:  # it was over long ago, and what ends now is another thread's
        forsake(record, series)
        strand.gave(series, now_ns())
        _free(record, series, words, site)
        return
    words[3] = 0
    now = now_ns()
    held = now - series.acquired_ns
    if series.left_site == site and now < series.until_ns:
        series.held_ns += held
    else:
        write(record, series)
        series.first, series.began_ns, series.held_ns = series.ticket, series.acquired_ns, held
        series.left_site, series.until_ns = site, series.acquired_ns + SERIES_NS
    series.left_ns = strand.stamp = now
    series.state = 0
    if strand.locks is series.alone:
        strand.locks = NO_LOCKS
        strand.bare = now
    else:
        strand.gave(series, now)
    if held >= LONG_NS:
        write(record, series)


def end_at(record: Recorder, series: Series, frame: FrameType, words: memoryview) -> None:
    """A holding is over by what a frame does; of the next one the frame tells whether it ends at the same place."""
    key = id(frame.f_code) + frame.f_lasti
    site = record.numbers.get(key) or record.sites.of(frame)
    end(record, series, series.strand, words, site)
    if series.left_site == site and key in record.numbers:
        series.left_code, series.left_lasti = frame.f_code, frame.f_lasti


def write(record: Recorder, series: Series) -> None:
    """Write down what is complete of a series."""
    if not series.first:
        return
    thread = series.strand.number << 8
    count = series.ticket + (not series.state) - series.first
    subject = series.lock | (series.first & MASK_32) << 32
    record.append(subject, series.began_ns, Kind.LOCK_HELD | thread | series.site << 24)
    held = min(count, COUNT_MASK) | series.held_ns << COUNT_BITS
    record.append(held, series.left_ns, Kind.LOCK_LEFT | thread | series.left_site << 24)
    series.first, series.left_site, series.left_lasti = 0, _NOWHERE, -1


def flush(record: Recorder, strand: LiveStrand) -> None:
    """Write down all series so far."""
    for series in list(strand.series.values()):
        write(record, series)


def finish(record: Recorder, strand: LiveStrand) -> None:
    """Write down the locks that are still held, and let go of the words of all locks."""
    for series in list(strand.series.values()):
        series.words = None
        if series.state:
            _write_kept(record, series)
    strand.mapped = 0


def _write_kept(record: Recorder, series: Series) -> None:
    subject = series.lock | (series.ticket & MASK_32) << 32
    record.append(subject, series.acquired_ns, Kind.LOCK_KEPT | series.strand.number << 8 | series.site << 24)


def _series(strand: LiveStrand, lock: int) -> Series:
    series = strand.series.get(lock)
    if series is None:
        series = strand.series[lock] = Series(strand, lock)
    return series


def _words(record: Recorder, series: Series) -> memoryview:
    words = record.tickets.get(series.lock) or record.counters.ticket_words(series.lock)
    strand = series.strand
    if strand is record.lone and strand.mapped < KEPT_LIMIT:
        strand.mapped += 1
        series.words = words
    return words
