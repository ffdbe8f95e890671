"""What the recording knows that it did not see, each said in one sentence: where, how, and what to do instead."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from pytest_parlab.trace.model import Block, Process, Site
from pytest_parlab.trace.records import Way


class HandedOut(NamedTuple):
    """Shared memory was handed out so that accesses to it can go unseen.

    Attributes:
        way: How.
        site: Where; None if that was lost.
    """

    way: int
    site: Site | None


_WAYS = {
    Way.BUFFER: "accesses through a buffer of it (memoryview, bytes, numpy)",
    Way.POINTER: "accesses through a pointer to it or its address",
    Way.OTHER: "accesses to an object inside it whose type cannot be followed",
}
_INSTEAD = {
    Way.BUFFER: "access its elements by index, or guard the buffer with a lock everywhere",
    Way.POINTER: "access the object itself, or guard the pointer with a lock everywhere",
    Way.OTHER: "share plain numbers, structures of them or arrays",
}
_MEMORY = "SharedMemory"


def of_memory(block: Block, handed_out: Iterable[HandedOut]) -> list[str]:
    """What was not seen of one block: a sentence for each way in which its memory was handed out."""
    first: dict[int, HandedOut] = {}
    for one in handed_out:
        first.setdefault(one.way, one)
    return [_sentence(block, Way(way), one.site) for way, one in sorted(first.items())]


def _sentence(block: Block, way: Way, site: Site | None) -> str:
    what, instead = _WAYS[way], _INSTEAD[way]
    if block.kind == _MEMORY:
        what, instead = "accesses through its buf", "use an Array, a RawArray or a ShareableList"
    taken = f", taken at {site}," if site else ""
    return f"{block.kind} created at {block.site or 'an unknown place'}: {what}{taken} are not seen; {instead}"


def of_processes(processes: Iterable[Process], unrecorded: Iterable[int]) -> list[str]:
    """Which processes ran to an end of their own and were not seen at all; one that was killed may never have run.

    Args:
        processes: All processes of the trace.
        unrecorded: Pids of those that have said themselves that they could not be recorded.
    """
    known = set(unrecorded)
    return [
        f"{process.name} (pid {process.pid}) started at {process.start_site or 'an unknown place'}: "
        f"it ended with exit code {process.exit_code}, and nothing that it did was seen; "
        "start it the way that multiprocessing itself does"
        for process in processes
        if process.parent is not None and process.started_ns is None and process.pid not in known
        if process.exit_code is not None and process.exit_code >= 0
    ]
