"""One process's events in a memory-mapped file: a ring of chunks with a single writing process and no lock.

```
file:   | chunk 0          | chunk 1          | ...        each CHUNK bytes, allocated before it is mapped
chunk:  | number, 0, 0 | record | record | ... |           a record without a head was never finished
```

The file grows up to a limit; then the oldest chunk is used again and the ring is *truncated*. Pages belong to the
file, so what was written survives ``os._exit`` and SIGKILL. Space is allocated by writing zeros: a sparse page on a
full file system would end the process with SIGBUS. It grows in steps that double, because every mapping keeps a file
descriptor open, and descriptors belong to the program under test.
"""

from __future__ import annotations

import mmap
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import cast

from pytest_parlab.trace.records import MASK_32, RECORD, Event

CHUNK = 64 * 1024
"""Bytes per chunk: the allocation granularity of mappings on Windows, a multiple of the page size elsewhere."""
SLOTS = CHUNK // RECORD.size - 1
"""Records per chunk, the first slot being the chunk's own header."""
_SIZE, _write = RECORD.size, RECORD.pack_into
FIRST, END = RECORD.size, (SLOTS + 1) * RECORD.size
"""Where a chunk's records begin and end."""
_OFFSETS = range(FIRST, END, _SIZE)
_Chunk = tuple[memoryview, Callable[[], int]]
"""A chunk and the offset of its next free slot: an iterator, which hands out each to one thread only."""
CHUNK_LIMIT = 1024
"""Chunks per process before the ring wraps: 64 MiB, about 2.8 million events."""
STEP_LIMIT = 128
"""Most chunks to allocate at once: 8 MiB, a few milliseconds."""


class RingWriter:
    """The writing end. Safe for several threads of one process: slots come from an atomic iterator.

    Args:
        path: File to create; must not exist.
        chunk_limit: Most chunks to use before old ones are overwritten.

    Raises:
        FileExistsError: The file is there already.
        OSError: There is no room for even one chunk.
    """

    def __init__(self, path: Path, *, chunk_limit: int = CHUNK_LIMIT) -> None:
        self._descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | getattr(os, "O_BINARY", 0), 0o600)
        self._used: list[memoryview] = []
        self._spare: list[memoryview] = []
        self._chunk_limit = chunk_limit
        self._allocated = 0
        self._growing = threading.RLock()  # a signal handler may record while its own thread grows the ring
        self._current: _Chunk = cast("_Chunk", None)
        try:
            self._advance(None)
        except OSError:
            self.close()
            path.unlink()
            raise

    def append(self, subject: int, payload: int, head: int) -> None:
        """Write one record."""
        chunk = self._current
        try:
            _write(chunk[0], chunk[1](), subject, payload, head)
        except StopIteration:
            self._advance(chunk)
            self.append(subject, payload, head)

    def close(self) -> None:
        """Close the file; the mapping stays until the last reference to it is gone."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _advance(self, full: _Chunk | None) -> None:
        """Go on with the next chunk, unless another thread has done so."""
        with self._growing:
            if self._current is not full:
                return
            if not self._spare:
                self._grow()
            buffer = self._spare.pop() if self._spare else self._oldest()
            self._used.append(buffer)
            _write(buffer, 0, len(self._used), 0, 0)
            self._current = (buffer, iter(_OFFSETS).__next__)

    def _grow(self) -> None:
        """Allocate and map more chunks; none if the limit or the end of the disk is reached."""
        count = min(max(self._allocated, 1), STEP_LIMIT, self._chunk_limit - self._allocated)
        if count <= 0 or self._descriptor < 0:
            return
        offset, size = self._allocated * CHUNK, count * CHUNK
        self._allocated += count
        try:
            buffer = _map_zeros(self._descriptor, offset, size)
        except OSError:
            self._allocated -= count
            if self._allocated == 0:
                raise
            self._chunk_limit = self._allocated
            return
        self._spare += [buffer[start : start + CHUNK] for start in range(size - CHUNK, -1, -CHUNK)]

    def _oldest(self) -> memoryview:
        buffer = self._used[len(self._used) - self._allocated]
        buffer[:] = bytes(CHUNK)
        return buffer


def _map_zeros(descriptor: int, offset: int, size: int) -> memoryview:
    """Write zeros to a part of a file and map it.

    Raises:
        OSError: There is no room for all of it.
    """
    os.lseek(descriptor, offset, os.SEEK_SET)
    if os.write(descriptor, bytes(size)) < size:
        raise OSError("no room for the whole part")
    return memoryview(mmap.mmap(descriptor, size, offset=offset))


def read_ring(path: Path) -> tuple[list[Event], bool]:
    """Read all finished records of a ring, oldest first.

    Returns:
        The events, and whether older ones were overwritten.
    """
    data = path.read_bytes()
    chunks: list[tuple[int, int]] = []
    for offset in range(0, len(data) - CHUNK + 1, CHUNK):
        number, _, _ = RECORD.unpack_from(data, offset)
        if number:
            chunks.append((number, offset))
    chunks.sort()
    events = [
        Event(head & 0xFF, head >> 8 & 0xFFFF, head >> 24 & MASK_32, subject, payload)
        for _, offset in chunks
        for subject, payload, head in RECORD.iter_unpack(data[offset + FIRST : offset + END])
        if head
    ]
    return events, bool(chunks) and chunks[0][0] > 1
