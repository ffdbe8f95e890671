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
    touched = [[event for event in recording.events if event.subject in polled] for recording in recordings]
    updated = _updated(recordings, touched, polled) & _written_by_several(touched)
    flags = polled.keys() - updated
    no_flags = {cell_number(subject & MASK_32, subject >> 32) for subject in updated}
    versions: dict[tuple[int, int], list[int]] = defaultdict(list)
    reads: list[tuple[int, Event]] = []
    for recording in recordings:
        recording.events[:] = [
            _marked(event) if event.subject in flags else event
            for event in recording.events
            if not (event.kind == Kind.SEEN and event.subject & MASK_32 in no_flags)
        ]
    for index, events in enumerate(touched):
        for event in events:
            if event.subject not in flags:
                continue
            if event.kind == Kind.WRITE:
                versions[event.subject, index].append((event.payload >> VERSION_SHIFT) + 1)
            elif event.kind == Kind.READ:
                reads.append((index, event))
    for written in versions.values():
        written.sort()
    for index, event in reads:
        writer, version = (event.payload & WRITER_MASK) - 1, event.payload >> VERSION_SHIFT
        written = versions.get((event.subject, writer), [])
        place = bisect_right(written, version)
        if place and writer != index:
            links.reads_from[event.subject, event.payload] = written[place - 1]


def _polled(recordings: list[Recording]) -> dict[int, set[int]]:
    """The cells that are polled, and the processes that poll each."""
    found: dict[int, set[int]] = defaultdict(set)
    for recording in recordings:
        polling = {number for number, facts in recording.described("context").items() if facts["polls"]}
        if polling:
            for event in recording.events:
                if event.site in polling and event.kind in READS:
                    found[event.subject].add(recording.index)
    return found


def _updated(recordings: list[Recording], touched: list[list[Event]], polled: dict[int, set[int]]) -> set[int]:
    """Those of the polled cells that a process which polls them also updates, or writes twice in a row."""
    return {
        event.subject
        for recording, events in zip(recordings, touched, strict=True)
        for event in events
        if event.kind in WRITES
        and recording.index in polled[event.subject]
        and _updates(recording, recording.context(event.site))
    }


def _written_by_several(touched: list[list[Event]]) -> set[int]:
    """Those of the polled cells that more than one process writes: only then can an update be lost."""
    writers: dict[int, set[int]] = defaultdict(set)
    for index, events in enumerate(touched):
        for event in events:
            if event.kind in WRITES:
                writers[event.subject].add(index)
    return {subject for subject, processes in writers.items() if len(processes) > 1}


def _updates(recording: Recording, context: Context) -> bool:
    if context.previous is None or context.site is None:
        return False
    kind, number = context.previous
    before = recording.site(number)
    if kind in WRITES:
        return True
    return before is not None and before.function == context.site.function and not recording.is_polling(number)


def _marked(event: Event) -> Event:
    if event.kind == Kind.READ:
        return event._replace(kind=Kind.FLAG_READ)
    return event._replace(kind=Kind.FLAG_WRITE) if event.kind == Kind.WRITE else event
