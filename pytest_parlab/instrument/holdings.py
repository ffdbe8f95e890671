"""How long a thread holds each lock: written down for a series of holdings at once, at the end of the series.

A loop that takes a lock a million times would fill the ring with nothing but that. Holdings of one lock by one
thread from one place that follow each other directly, with nobody else between them, become one *series*; its length
is bounded, so that a picture of it stays true. Who holds a lock right now stands beside the lock's ticket, in memory
that outlives the holder.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_parlab.trace.records import COUNT_BITS, COUNT_MASK, MASK_32, Kind, now_ns

if TYPE_CHECKING:
    from pytest_parlab.instrument.recorder import Recorder
    from pytest_parlab.instrument.strands import LiveStrand

SERIES_NS = 1_000_000
"""Longest series, from its first acquisition to its last release."""
LONG_NS = 50_000
"""A holding as long as this is written down at once: its thread may be ended before it takes the lock again."""


class Series:
    """The latest holdings of one lock by one thread.

    Attributes:
        count: How many are complete and not yet written down.
        ticket: Ticket of the present holding; 0 if the lock is not held.
    """

    __slots__ = (
        "acquired_ns",
        "began_ns",
        "count",
        "first",
        "held_ns",
        "left_ns",
        "left_site",
        "place",
        "site",
        "ticket",
    )

    def __init__(self) -> None:
        self.count = self.ticket = self.site = self.acquired_ns = 0
        self.first = self.began_ns = self.held_ns = self.left_ns = self.left_site = self.place = 0


def ask(record: Recorder, strand: LiveStrand, lock: int, site: int) -> None:
    """The lock is not free, and this thread begins to wait for it."""
    series = strand.series.get(lock)
    if series is None:
        series = strand.series[lock] = Series()
    write(record, strand, lock, series)
    record.append(lock, now_ns(), Kind.LOCK_ASKED | strand.number << 8 | site << 24)


def take(record: Recorder, strand: LiveStrand, lock: int, site: int) -> None:
    """The lock is held from now on; only its holder may call this."""
    series = strand.series.get(lock)
    if series is None:
        series = strand.series[lock] = Series()
    if series.ticket:  # somebody else released it for this thread
        _write_kept(record, strand, lock, series)
    words = record.tickets.get(lock) or record.counters.ticket_words(lock)
    words[0] = series.ticket = ticket = words[0] + 1
    words[1] = strand.mark
    words[2] = series.site = site
    words[3] = series.acquired_ns = now_ns()
    strand.held[lock] = ticket
    strand.stamp = None


def give(record: Recorder, strand: LiveStrand, lock: int, site: int) -> None:
    """The lock is about to be released."""
    strand.stamp = None
    words = record.tickets.get(lock) or record.counters.ticket_words(lock)
    words[1] = 0
    if strand.held.pop(lock, None) is None:
        subject = lock | (words[0] & MASK_32) << 32
        record.append(subject, now_ns(), Kind.LOCK_FREED | strand.number << 8 | site << 24)
        return
    series = strand.series[lock]
    now, acquired = now_ns(), series.acquired_ns
    if (
        series.count
        and series.first + series.count == series.ticket
        and series.place == series.site
        and series.left_site == site
        and now - series.began_ns < SERIES_NS
    ):
        series.count += 1
        series.held_ns += now - acquired
    else:
        if series.count:
            write(record, strand, lock, series)
        series.first, series.began_ns, series.held_ns, series.count = series.ticket, acquired, now - acquired, 1
        series.place, series.left_site = series.site, site
    series.left_ns = now
    series.ticket = 0
    if now - acquired >= LONG_NS:
        write(record, strand, lock, series)


def write(record: Recorder, strand: LiveStrand, lock: int, series: Series) -> None:
    """Write down what is complete of a series."""
    if not series.count:
        return
    subject = lock | (series.first & MASK_32) << 32
    record.append(subject, series.began_ns, Kind.LOCK_HELD | strand.number << 8 | series.place << 24)
    held = min(series.count, COUNT_MASK) | series.held_ns << COUNT_BITS
    record.append(held, series.left_ns, Kind.LOCK_LEFT | strand.number << 8 | series.left_site << 24)
    series.count = 0


def flush(record: Recorder, strand: LiveStrand) -> None:
    """Write down all series so far."""
    for lock, series in list(strand.series.items()):
        write(record, strand, lock, series)


def finish(record: Recorder, strand: LiveStrand) -> None:
    """Write down everything, also the locks that are still held."""
    flush(record, strand)
    for lock, series in list(strand.series.items()):
        if series.ticket:
            _write_kept(record, strand, lock, series)


def _write_kept(record: Recorder, strand: LiveStrand, lock: int, series: Series) -> None:
    subject = lock | (series.ticket & MASK_32) << 32
    record.append(subject, series.acquired_ns, Kind.LOCK_KEPT | strand.number << 8 | series.site << 24)
