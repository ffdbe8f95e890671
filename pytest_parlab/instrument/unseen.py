"""Says what of a managed object is not seen, once in all processes."""

from __future__ import annotations

import zlib

from pytest_parlab.instrument import recorder


def name_unseen(record: recorder.Recorder, kind: str, site: int, what: str) -> None:
    """Name something that the recording cannot see.

    Args:
        record: This process's recorder.
        kind: The type of the object, as a reader knows it.
        site: Where the object was created or used; 0 if that is not known.
        what: What is not seen, in the plural: ``calls of its methods``.
    """
    tally = f"unseen-{zlib.crc32(f'{kind} {what}'.encode()):x}"
    if not record.counters.total(tally):
        record.counters.add(tally)
        record.describe("unseen", record.new_id(), kind=kind, site=site, what=what)
