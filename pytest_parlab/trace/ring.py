"""One process's events in a memory-mapped file: a ring of chunks with a single writing process and no lock.

```
file:   | chunk 0          | chunk 1          | ...        each CHUNK bytes, allocated before it is mapped
chunk:  | lap + 1, 0, 0 | record | record | ... |          a record without a head was never finished
```

The file grows chunk by chunk up to a limit; then the oldest chunk is used again and the ring is *truncated*. Pages
belong to the file, so what was written survives ``os._exit`` and SIGKILL. Space is allocated by writing zeros: a
sparse page on a full file system would end the process with SIGBUS.
"""

from __future__ import annotations

import itertools
import mmap
import os
import threading
from pathlib import Path

from pytest_parlab.trace.records import RECORD, Event, decode

CHUNK = 64 * 1024
"""Bytes per chunk: the allocation granularity of mappings on Windows, a multiple of the page size elsewhere."""
SLOTS = CHUNK // RECORD.size - 1
"""Records per chunk, the first slot being the chunk's own header."""
FIRST, END = RECORD.size, (SLOTS + 1) * RECORD.size
"""Where a chunk's records begin and end."""
CHUNK_LIMIT = 1024
"""Chunks per process before the ring wraps: 64 MiB, about 2.8 million events."""


class RingWriter:
    """The writing end. Safe for several threads of one process: slots come from an atomic counter.

    Args:
        path: File to create; must not exist.
        chunk_limit: Most chunks to use before old ones are overwritten.

    Raises:
        FileExistsError: The file is there already.
        OSError: There is no room for even one chunk.
    """

    def __init__(self, path: Path, *, chunk_limit: int = CHUNK_LIMIT) -> None:
        self._descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | getattr(os, "O_BINARY", 0), 0o600)
        self._next_slot = itertools.count().__next__
        self._buffers: list[mmap.mmap] = []
        self._chunk_limit = chunk_limit
        self._physical = 0
        self._growing = threading.Lock()
        try:
            self._chunk(0)
        except OSError:
            self.close()
            path.unlink()
            raise

    def append(self, subject: int, payload: int, head: int) -> None:
        """Write one record."""
        chunk, slot = divmod(self._next_slot(), SLOTS)
        try:
            buffer = self._buffers[chunk]
        except IndexError:
            buffer = self._chunk(chunk)
        RECORD.pack_into(buffer, (slot + 1) * RECORD.size, subject, payload, head)

    def close(self) -> None:
        """Close the file; the mapping stays until the last reference to it is gone."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _chunk(self, number: int) -> mmap.mmap:
        with self._growing:
            while len(self._buffers) <= number:
                self._buffers.append(self._grow() or self._reuse())
                RECORD.pack_into(self._buffers[-1], 0, len(self._buffers), 0, 0)
            return self._buffers[number]

    def _grow(self) -> mmap.mmap | None:
        """Allocate and map one more chunk; None if the limit or the end of the disk is reached."""
        if self._physical >= self._chunk_limit or self._descriptor < 0:
            return None
        offset = self._physical * CHUNK
        try:
            os.lseek(self._descriptor, offset, os.SEEK_SET)
            if os.write(self._descriptor, bytes(CHUNK)) < CHUNK:
                raise OSError("no room for a whole chunk")
            buffer = mmap.mmap(self._descriptor, CHUNK, offset=offset)
        except OSError:
            if self._physical == 0:
                raise
            self._chunk_limit = self._physical
            return None
        self._physical += 1
        return buffer

    def _reuse(self) -> mmap.mmap:
        buffer = self._buffers[len(self._buffers) - self._physical]
        buffer[:] = bytes(CHUNK)
        return buffer


def read_ring(path: Path) -> tuple[list[Event], bool]:
    """Read all finished records of a ring, oldest first.

    Returns:
        The events, and whether older ones were overwritten.
    """
    data = path.read_bytes()
    chunks: list[tuple[int, int]] = []
    for offset in range(0, len(data) - CHUNK + 1, CHUNK):
        lap, _, _ = RECORD.unpack_from(data, offset)
        if lap:
            chunks.append((lap, offset))
    chunks.sort()
    events = [
        decode(subject, payload, head)
        for _, offset in chunks
        for subject, payload, head in RECORD.iter_unpack(data[offset + FIRST : offset + END])
        if head
    ]
    return events, bool(chunks) and chunks[0][0] > 1
