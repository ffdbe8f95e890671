"""From the rings of a watch directory to one `Trace`.

The order of events comes from the recorded edges alone (`order`); times are carried along for display.
"""

from __future__ import annotations

from pathlib import Path

from pytest_parlab.trace.accesses import AccessCollector
from pytest_parlab.trace.arrivals import order_by_arrivals
from pytest_parlab.trace.blind_spots import of_processes
from pytest_parlab.trace.blocks import blocks_of, unseen_memory
from pytest_parlab.trace.collecting import no_garbage_collection
from pytest_parlab.trace.edges import Links
from pytest_parlab.trace.flags import order_by_flags
from pytest_parlab.trace.holdings import holdings_of, locks_of
from pytest_parlab.trace.items import ItemCollector
from pytest_parlab.trace.managed import unseen_types, with_cell_names
from pytest_parlab.trace.model import Strand, Trace
from pytest_parlab.trace.order import Order
from pytest_parlab.trace.processes import births, index_by_pid, processes_of
from pytest_parlab.trace.recording import Recording, Rename, read_recordings, unrecorded
from pytest_parlab.trace.records import MASK_32, PROBLEM_TEXTS, Event, Kind, Problem, now_ns
from pytest_parlab.trace.signals import not_protecting
from pytest_parlab.trace.tasks import groups_of, tasks_of


def merge(directory: Path, *, started_ns: int = 0, finished_ns: int | None = None, rename: Rename = str) -> Trace:
    """Build the trace of everything recorded in a watch directory.

    Args:
        directory: The watch directory; processes may still be writing to it.
        started_ns: When the watch was opened.
        finished_ns: When it was closed; now if None.
        rename: Turns recorded source paths into those that the user knows.

    Returns:
        The trace. What could not be read or does not fit is named in `Trace.problems`, never left out silently.
    """
    with no_garbage_collection():
        return _merged(directory, started_ns, finished_ns, rename)


def _merged(directory: Path, started_ns: int, finished_ns: int | None, rename: Rename) -> Trace:
    recordings, problems = read_recordings(directory, rename=rename)
    links = Links(birth=births(recordings), index_of=index_by_pid(recordings))
    order_by_flags(recordings, links)
    order_by_arrivals(recordings, links)
    strands, events = _strands(recordings)
    for recording in recordings:
        for event in recording.rare_events:
            if event.kind == Kind.TASK_START:
                links.tasks_of[event.subject & MASK_32].append(event.subject)
    holdings = holdings_of(recordings, strands, directory)
    processes = tuple(processes_of(recordings))
    order = Order(strands, events, links)
    for own in (*events, *(recording.events for recording in recordings)):
        own.clear()  # those that the order has handed out need not be kept: there may be millions
    accesses = AccessCollector(recordings, strands, not_protecting(recordings, strands), links.stepping)
    items = ItemCollector(recordings, strands)
    for stretch in order.stretches():
        accesses.take(stretch)
        items.take(stretch)
    blocks = tuple(blocks_of(recordings, accesses.cells()))
    return Trace(
        started_ns=started_ns,
        finished_ns=now_ns() if finished_ns is None else finished_ns,
        processes=processes,
        strands=tuple(strands),
        tasks=tuple(tasks_of(recordings)),
        groups=tuple(groups_of(recordings)),
        locks=tuple(locks_of(recordings, holdings)),
        holdings=tuple(holdings),
        blocks=tuple(with_cell_names(blocks, recordings)),
        accesses=accesses.accesses(),
        queues=tuple(items.queues()),
        items=tuple(items.items()),
        truncated=any(recording.truncated for recording in recordings),
        problems=tuple(problems + order.problems + _failures(recordings)),
        untracked=(
            *unseen_memory(recordings, blocks),
            *unseen_types(recordings),
            *of_processes(processes, unrecorded(directory)),
        ),
    )


def _strands(recordings: list[Recording]) -> tuple[list[Strand], list[list[Event]]]:
    """Split every process's events by thread; each (process, thread) is one strand, a process has at least one."""
    strands: list[Strand] = []
    events: list[list[Event]] = []
    for recording in recordings:
        by_thread: dict[int, list[Event]] = {0: recording.events}
        if any(event.thread for event in recording.events):
            by_thread = {0: []}
            for event in recording.events:
                by_thread.setdefault(event.thread, []).append(event)
        for thread, thread_events in sorted(by_thread.items()):
            name = recording.thread_name(thread)
            strands.append(Strand(len(strands), recording.index, thread, name))
            events.append(thread_events)
    return strands, events


def _failures(recordings: list[Recording]) -> list[str]:
    """What the recording itself could not do, as each process wrote it down."""
    return [
        f"process {recording.index}: {PROBLEM_TEXTS[Problem(code)]}"
        for recording in recordings
        for code in sorted({event.subject for event in recording.rare_events if event.kind == Kind.PROBLEM})
    ]
