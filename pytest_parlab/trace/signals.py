"""Locks that are used as signals: taken by one thread, given back by another.

Such a holding protects nothing, for its thread does not know when it ends. It is an order instead: whoever takes the
lock next comes after whoever gave it back (`edges`). Holdings of the same lock that end where they began go on being
protection: that one came before another says nothing about the next run.
"""

from __future__ import annotations

from collections import defaultdict

from pytest_parlab.trace.model import Strand
from pytest_parlab.trace.recording import Recording
from pytest_parlab.trace.records import MASK_32, Kind


def not_protecting(recordings: list[Recording], strands: list[Strand]) -> dict[int, frozenset[int]]:
    """The locks that are no protection to a strand, whatever it seems to hold.

    Args:
        recordings: All recordings, by process index.
        strands: All strands of the trace.

    Returns:
        For each strand the locks of which a holding was ended for it by another; and, for every strand, semaphores
        that were released though nobody held them: they let in more than one from then on.
    """
    freed = {
        event.subject for recording in recordings for event in recording.rare_events if event.kind == Kind.LOCK_FREED
    }
    if not freed:
        return {}
    overfull = {subject for subject in freed if not subject >> 32}
    given_away: dict[tuple[int, int], set[int]] = defaultdict(set)
    for recording in recordings:
        for event in recording.rare_events:
            if event.kind == Kind.LOCK_KEPT and event.subject in freed:
                given_away[recording.index, event.thread].add(event.subject & MASK_32)
    return {strand.index: frozenset(overfull | given_away[strand.process, strand.thread]) for strand in strands}
