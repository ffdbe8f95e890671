"""Polled flags: a loop that reads a cell until another process changes it has waited for that change.

Whoever leaves ``while not done.value: ...`` has seen the write that ended the loop, so everything that the writer did
before comes first (spin reads, ad-hoc synchronisation: Jannesari and Tichy 2010). A cell that its readers also update
is no flag: reading it in a condition and changing it afterwards is a check and an act, and orders nothing.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict

from pytest_parlab.trace.edges import Links
from pytest_parlab.trace.recording import Context, Recording
from pytest_parlab.trace.records import MASK_32, READS, VERSION_SHIFT, WRITER_MASK, WRITES, Event, Kind, cell_number


def order_by_flags(recordings: list[Recording], links: Links) -> None:
    """Turn the accesses to flags into releases and acquires, and take the order of cells that are none out again.

    Args:
        recordings: All recordings; their events are changed in place.
        links: Gets, for each read of a flag, the version whose write it certainly came after.
    """
    polled = _polled(recordings)
    if not polled:
        return
    updated = _updated(recordings, polled) & _written_by_several(recordings, polled)
    flags = polled.keys() - updated
    versions: dict[tuple[int, int], list[int]] = defaultdict(list)
    no_flags = {cell_number(subject & MASK_32, subject >> 32) for subject in updated}
    for recording in recordings:
        recording.events[:] = [
            _marked(event, flags)
            for event in recording.events
            if not (event.kind == Kind.SEEN and _block(event) in no_flags)
        ]
        for event in recording.events:
            if event.kind == Kind.FLAG_WRITE:
                versions[event.subject, recording.index].append((event.payload >> VERSION_SHIFT) + 1)
    for written in versions.values():
        written.sort()
    for recording in recordings:
        for event in recording.events:
            if event.kind == Kind.FLAG_READ:
                writer, version = (event.payload & WRITER_MASK) - 1, event.payload >> VERSION_SHIFT
                written = versions.get((event.subject, writer), [])
                place = bisect_right(written, version)
                if place and writer != recording.index:
                    links.reads_from[event.subject, event.payload] = written[place - 1]


def _block(event: Event) -> int:
    return event.subject & MASK_32


def _polled(recordings: list[Recording]) -> dict[int, set[int]]:
    """The cells that are polled, and the processes that poll each."""
    found: dict[int, set[int]] = defaultdict(set)
    for recording in recordings:
        if not any(facts["polls"] for facts in recording.described("context").values()):
            continue
        for event in recording.events:
            if event.kind in READS and recording.context(event.site).polls:
                found[event.subject].add(recording.index)
    return found


def _updated(recordings: list[Recording], polled: dict[int, set[int]]) -> set[int]:
    """Those of the polled cells that a process which polls them also updates, or writes twice in a row."""
    return {
        event.subject
        for recording in recordings
        for event in recording.events
        if event.kind in WRITES
        and recording.index in polled.get(event.subject, ())
        and _updates(recording, recording.context(event.site))
    }


def _written_by_several(recordings: list[Recording], polled: dict[int, set[int]]) -> set[int]:
    """Those of the polled cells that more than one process writes: only then can an update be lost."""
    writers: dict[int, set[int]] = defaultdict(set)
    for recording in recordings:
        for event in recording.events:
            if event.kind in WRITES and event.subject in polled:
                writers[event.subject].add(recording.index)
    return {subject for subject, processes in writers.items() if len(processes) > 1}


def _updates(recording: Recording, context: Context) -> bool:
    if context.previous is None or context.site is None:
        return False
    kind, number = context.previous
    before = recording.site(number)
    if kind in WRITES:
        return True
    return before is not None and before.function == context.site.function and not recording.is_polling(number)


def _marked(event: Event, flags: set[int]) -> Event:
    if event.subject not in flags:
        return event
    if event.kind == Kind.READ:
        return event._replace(kind=Kind.FLAG_READ)
    return event._replace(kind=Kind.FLAG_WRITE) if event.kind == Kind.WRITE else event
