"""Reading rings back, finished or not, while they are written or long after their writer is gone."""

from __future__ import annotations

from pathlib import Path

from pytest_parlab.trace.records import MASK_32, RECORD, Event
from pytest_parlab.trace.ring import CHUNK, END, FIRST, MORE, STARTER, STARTER_END, Origin


def chunks_of(path: Path) -> int:
    """How many chunks a ring has behind its starter."""
    grown = path.with_suffix(MORE)
    return grown.stat().st_size // CHUNK if grown.exists() else 0


def shares(wanted: list[int], total: int) -> list[int]:
    """What each gets of a total that may be too little: all that it wants, or as much as anybody else."""
    given = [0] * len(wanted)
    for place, smallest in enumerate(sorted(range(len(wanted)), key=wanted.__getitem__)):
        given[smallest] = min(wanted[smallest], total // (len(wanted) - place))
        total -= given[smallest]
    return given


def read_ring(path: Path, *, most: int | None = None) -> tuple[list[Event], bool]:
    """Read all finished records of a ring, oldest first.

    Args:
        path: The ring.
        most: Chunks behind the starter that are read, the newest ones; all by default.

    Returns:
        The events, and whether older ones were overwritten, or not read.
    """
    starter = _read_starter(path)
    grown = path.with_suffix(MORE)
    data = grown.read_bytes() if grown.exists() else b""
    chunks: list[tuple[int, int]] = []
    for offset in range(0, len(data) - CHUNK + 1, CHUNK):
        number, _, _ = RECORD.unpack_from(data, offset)
        if number:
            chunks.append((number, offset))
    chunks.sort()
    if most is not None:
        del chunks[: max(len(chunks) - most, 0)]
    written = RECORD.unpack_from(starter)[0] & MASK_32
    numbers = [number for number, _ in chunks]
    truncated = numbers != list(range(2, 2 + len(numbers))) or 1 + len(numbers) < written
    begin_only = numbers[:1] > [2]  # what came between is gone
    parts = [starter[FIRST : FIRST + RECORD.size if begin_only else STARTER_END]]
    parts += [data[offset + FIRST : offset + END] for _, offset in chunks]
    new = tuple.__new__  # half of what it takes to call the class
    events = [
        new(Event, (head & 0xFF, head >> 8 & 0xFFFF, head >> 24 & MASK_32, subject, payload))
        for part in parts
        for subject, payload, head in RECORD.iter_unpack(part)
        if head
    ]
    return events, truncated


def read_origin(path: Path) -> Origin | None:
    """Read of whom a ring's process is a fork; None if the ring was never begun."""
    words = RECORD.unpack_from(_read_starter(path))
    return Origin.of(words) if words[0] & MASK_32 else None


def _read_starter(path: Path) -> bytes:
    """The starter of a ring, wherever it lies; zeros for what is missing."""
    if path.is_symlink():
        name, _, number = str(path.readlink()).partition("@")
        path, offset = path.parent / Path(name).name, int(number) * STARTER
    else:
        offset = 0
    with path.open("rb") as file:
        file.seek(offset)
        return file.read(STARTER).ljust(STARTER, b"\0")
