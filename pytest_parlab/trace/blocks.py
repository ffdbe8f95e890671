"""The pieces of shared memory of a trace, and what was seen of them only from afar."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pytest_parlab.trace.blind_spots import HandedOut, of_memory
from pytest_parlab.trace.model import Block, CellKey
from pytest_parlab.trace.recording import Recording
from pytest_parlab.trace.records import MASK_32, Kind


def blocks_of(recordings: list[Recording], cells: Iterable[CellKey]) -> Iterator[Block]:
    """Every shared value and array that was created under the watch or used in it."""
    untracked = set(_handed_out(recordings))
    lengths: dict[int, int] = {}
    for block, index in cells:
        lengths[block] = max(lengths.get(block, 0), index + 1)
    for block in untracked:
        lengths.setdefault(block, 1)
    described: set[int] = set()
    created = {
        event.subject
        for recording in recordings
        for event in recording.rare_events
        if event.kind == Kind.BLOCK_CREATED
    }
    for recording in recordings:
        for identity, facts in recording.described("block").items():
            if identity in described or (identity not in created and identity not in lengths):
                continue
            described.add(identity)
            yield Block(
                id=identity,
                kind=str(facts.get("kind", "Value")),
                length=int(facts.get("length", 1)),
                site=recording.site(int(facts.get("site", 0))),
                untracked=identity in untracked,
                fields=tuple((int(offset), str(name)) for offset, name in facts.get("fields", ())),
                stride=int(facts.get("stride", 0)),
            )
    for identity in sorted(lengths.keys() - described):
        yield Block(
            identity, "shared memory older than the watch", lengths[identity], untracked=identity in untracked
        )


def _handed_out(recordings: list[Recording]) -> dict[int, list[HandedOut]]:
    """The blocks whose memory was handed out, and how."""
    found: dict[int, list[HandedOut]] = {}
    for recording in recordings:
        for event in recording.rare_events:
            if event.kind == Kind.UNTRACKED:
                handed_out = HandedOut(event.subject >> 32, recording.site(event.site))
                found.setdefault(event.subject & MASK_32, []).append(handed_out)
    return found


def unseen_memory(recordings: list[Recording], blocks: Iterable[Block]) -> list[str]:
    """One sentence for each way in which memory was handed out so that accesses to it are not seen."""
    handed_out = _handed_out(recordings)
    found = [sentence for block in blocks for sentence in of_memory(block, handed_out.get(block.id, ()))]
    return list(dict.fromkeys(found))
