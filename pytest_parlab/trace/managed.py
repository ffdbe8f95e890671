"""Managed objects in a trace: the names of their cells, and the types of which nothing is known."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace

from pytest_parlab.trace.model import Block
from pytest_parlab.trace.recording import Recording
from pytest_parlab.trace.records import MASK_32


def with_cell_names(blocks: Iterable[Block], recordings: list[Recording]) -> Iterator[Block]:
    """Blocks whose cells have names (keys, attributes) instead of positions, with the names that processes gave them.

    Args:
        blocks: All blocks of the trace.
        recordings: All recordings, by process index.
    """
    names: dict[int, dict[int, str]] = defaultdict(dict)
    for recording in recordings:
        for cell, facts in recording.described("cell").items():
            names[cell & MASK_32][cell >> 32] = str(facts["text"])
    for block in blocks:
        own = names.get(block.id & MASK_32)
        yield replace(block, fields=(*block.fields, *sorted(own.items()))) if own else block


def unseen_types(recordings: list[Recording]) -> list[str]:
    """One sentence for each managed type, or method of one, whose accesses are not recorded.

    Args:
        recordings: All recordings, by process index.
    """
    return [
        f"{facts['kind']} used at {recording.site(facts['site']) or 'an unknown place'}: {facts['what']} are not seen"
        for recording in recordings
        for facts in recording.described("unseen").values()
        if not facts.get("older")
    ]
