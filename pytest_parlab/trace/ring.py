"""One process's events in memory-mapped files: a ring of chunks with a single writing process and no lock.

```
starter     | header: chunks, of whom its process is a fork | PROCESS_BEGIN | record | ...     STARTER bytes
N.more      | chunk 2          | chunk 3          | ...                              allocated before it is mapped
chunk:      | header: number, 0, 0 | record | record | ...                                     CHUNK bytes
```

A record without a head was never finished. A process that does little needs no more than the starter, one page: that
is what a start costs. It is the file ``N.ring``; but the starters of forked children are made by the parent, many in
one file, and then ``N.ring`` is a symbolic link, made at the fork, whose text says where: ``FILE@NUMBER``. The other
file grows up to a limit; then the oldest chunk is used again and the ring is *truncated*. The starter is not used
again while there are chunks; of a truncated ring only its first record is read.

Pages belong to a file, so what was written survives ``os._exit`` and SIGKILL. Space is allocated by writing zeros: a
sparse page on a full file system would end the process with SIGBUS. It grows in steps that double, because a mapping
may keep a file descriptor open, and descriptors belong to the program under test. That program may also close them
all, or change its folder: so none is kept in between, and files are known by their absolute paths.
"""

from __future__ import annotations

import mmap
import os
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pytest_parlab.trace.records import MASK_32, RECORD

STARTER = 4096
"""Bytes of the first chunk: the smallest page there is."""
STARTER_SLOTS = STARTER // RECORD.size - 1
"""Records in the starter, its first slot being the header."""
CHUNK = 64 * 1024
"""Bytes per chunk: the allocation granularity of mappings on Windows, a multiple of the page size elsewhere."""
SLOTS = CHUNK // RECORD.size - 1
"""Records per chunk, the first slot being the chunk's own header."""
_SIZE, _write = RECORD.size, RECORD.pack_into
FIRST, END = RECORD.size, (SLOTS + 1) * RECORD.size
"""Where a chunk's records begin and end."""
STARTER_END = (STARTER_SLOTS + 1) * RECORD.size
_OFFSETS, _STARTER_OFFSETS = range(FIRST, END, _SIZE), range(FIRST, STARTER_END, _SIZE)
_Chunk = tuple[Any, Callable[[], int]]
"""A chunk's memory and the offset of its next free slot: an iterator, which hands out each to one thread only."""
RING, MORE = ".ring", ".more"
"""Suffixes of the files; the stem is the index of the process."""
CHUNK_LIMIT = 1024
"""Chunks per process before the ring wraps: 64 MiB, about 2.8 million events."""
STEP_LIMIT = 128
"""Most chunks to allocate at once: 8 MiB, a few milliseconds."""
_BINARY = getattr(os, "O_BINARY", 0)
UNTRACKED: dict[str, Any] = {"trackfd": False} if sys.version_info >= (3, 13) else {}
"""Mappings that keep no descriptor, where there are such."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Of whom a ring's process is a fork; written down before the fork, so that it is known whatever happens.

    Attributes:
        parent_pid: The parent's process id.
        token: Token of the fork; 0 if the process began with a fresh interpreter.
        parent: Index of the process that it was forked from; None if it was not.
        thread: Number of the thread that forked, in the parent.
        names: Bytes of the parent's names at the fork: what they describe is known to the child, too.
        who: Number of a text of the parent's in the lower 16 bits, "name, target, role" with tabs between them; in
            the upper bits a number that ends the name, behind a hyphen, unless it is 0. 0 if that was described.
    """

    parent_pid: int
    token: int = 0
    parent: int | None = None
    thread: int = 0
    names: int = 0
    who: int = 0

    @classmethod
    def of(cls, words: tuple[Any, ...]) -> Origin:
        """The origin that a starter's header tells."""
        head, fork, names = words
        parent = fork >> 32 & 0xFFFF
        return cls(
            parent_pid=head >> 32,
            token=fork & MASK_32,
            parent=parent - 1 if parent else None,
            thread=fork >> 48,
            names=names & MASK_32,
            who=names >> 32,
        )


class RingWriter:
    """The writing end. Safe for several threads of one process: slots come from an atomic iterator.

    Args:
        starter: Memory of a starter, all zeros.
        chunk_limit: Most chunks to use before old ones are overwritten.
    """

    __slots__ = (
        "_allocated",
        "_chunk_limit",
        "_chunks",
        "_closed",
        "_current",
        "_growing",
        "_origin",
        "_pinned",
        "_spare",
        "_starter",
        "_stem",
        "_used",
    )

    def __init__(self, starter: Any, *, chunk_limit: int = CHUNK_LIMIT) -> None:
        self._stem = ""
        self._used: list[memoryview] = []
        self._spare: list[memoryview] = []
        self._chunk_limit = chunk_limit
        self._allocated = 0
        self._chunks = 1
        self._closed = False
        self._growing = threading.RLock()  # a signal handler may record while its own thread grows the ring
        self._starter = starter
        self._origin = (0, 0, 0)
        self._pinned: tuple[tuple[int, int, int], ...] = ()
        self._current: _Chunk = (starter, iter(_STARTER_OFFSETS).__next__)

    @classmethod
    def create(cls, path: Path, *, origin: Origin | None = None, chunk_limit: int = CHUNK_LIMIT) -> RingWriter:
        """Create a ring with a file of its own for the starter.

        Args:
            path: File to create; must not exist.
            origin: Of whom the writing process is a fork; by default it is this process, and of nobody.
            chunk_limit: Most chunks to use before old ones are overwritten.

        Raises:
            FileExistsError: The file is there already.
            OSError: There is no room for it.
        """
        ring = cls(new_starters(os.fspath(path), 1), chunk_limit=chunk_limit)
        origin = origin or Origin(os.getppid())
        parent = 0 if origin.parent is None else origin.parent + 1
        fork = origin.token | parent << 32 | origin.thread << 48
        ring.begin(os.fspath(path.with_suffix("")), origin.parent_pid, fork, origin.names | origin.who << 32)
        return ring

    def begin(self, stem: str, parent_pid: int, fork: int = 0, names: int = 0) -> None:
        """Say whose ring this is.

        Args:
            stem: Path of the ring's files without suffix.
            parent_pid: See `Origin`, as what follows.
            fork: Token | parent + 1 << 32 | thread << 48.
            names: Bytes of the parent's names | who << 32.
        """
        self._stem = stem
        self._origin = (parent_pid << 32, fork, names)
        _write(self._starter, 0, parent_pid << 32 | 1, fork, names)

    def append(self, subject: int, payload: int, head: int) -> None:
        """Write one record. The first one of a ring is its process's `Kind.PROCESS_BEGIN`."""
        chunk = self._current
        try:
            _write(chunk[0], chunk[1](), subject, payload, head)
        except StopIteration:
            self._advance(chunk)
            self.append(subject, payload, head)

    def pin(self, subject: int, payload: int, head: int) -> None:
        """Write one record of its subject that is not lost when the ring is truncated: it is written again then."""
        if all(subject != known for known, _, _ in self._pinned):
            self._pinned += ((subject, payload, head),)
            self.append(subject, payload, head)

    def close(self) -> None:
        """Grow no more; the mapping stays until the last reference to it is gone."""
        self._closed = True

    def _advance(self, full: _Chunk) -> None:
        """Go on with the next chunk, unless another thread has done so."""
        with self._growing:
            if self._current is not full:
                return
            if not self._spare:
                self._grow()
            if self._current is not full:  # a signal handler was here meanwhile
                return
            self._chunks += 1
            overwrites = not self._spare
            if not self._allocated:
                self._restart()
            else:
                buffer = self._spare.pop() if self._spare else self._oldest()
                self._used.append(buffer)
                _write(buffer, 0, self._chunks, 0, 0)
                self._say_chunks()
                self._current = (buffer, iter(_OFFSETS).__next__)
            if overwrites:
                for pinned in self._pinned:
                    self.append(*pinned)

    def _grow(self) -> None:
        """Allocate and map more chunks; none if the limit or the end of the disk is reached."""
        count = min(max(self._allocated, 1), STEP_LIMIT, self._chunk_limit - self._allocated)
        if count <= 0 or self._closed:
            return
        offset, size = self._allocated * CHUNK, count * CHUNK
        self._allocated += count
        try:
            buffer = _map_zeros(self._stem + MORE, offset, size)
        except OSError:
            self._allocated -= count
            self._chunk_limit = self._allocated
            return
        self._spare += [buffer[start : start + CHUNK] for start in range(size - CHUNK, -1, -CHUNK)]

    def _oldest(self) -> memoryview:
        buffer = self._used[len(self._used) - self._allocated]
        buffer[:] = bytes(CHUNK)
        return buffer

    def _restart(self) -> None:
        """There is room for nothing but the starter: write it anew behind its first record."""
        self._starter[FIRST + _SIZE : STARTER] = bytes(STARTER - FIRST - _SIZE)
        self._say_chunks()
        self._current = (self._starter, iter(_STARTER_OFFSETS[1:]).__next__)

    def _say_chunks(self) -> None:
        """Write how many chunks there have been into the starter, so that one that is gone is missed."""
        origin = self._origin
        _write(self._starter, 0, origin[0] | self._chunks, origin[1], origin[2])


def new_starters(path: str, count: int) -> memoryview:
    """Create a file of `count` starters and map it.

    Raises:
        OSError: There is no room for it, or the file exists.
    """
    descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | _BINARY, 0o600)
    try:
        if os.write(descriptor, bytes(STARTER * count)) < STARTER * count:
            raise OSError("no room for the whole part")
        return memoryview(mmap.mmap(descriptor, STARTER * count, **UNTRACKED))
    except OSError:
        Path(path).unlink()
        raise
    finally:
        os.close(descriptor)


def _map_zeros(path: str, offset: int, size: int) -> memoryview:
    """Write zeros to a part of a file and map it.

    Raises:
        OSError: There is no room for all of it, or the file is gone.
    """
    descriptor = os.open(path, os.O_CREAT | os.O_RDWR | _BINARY, 0o600)
    try:
        os.lseek(descriptor, offset, os.SEEK_SET)
        if os.write(descriptor, bytes(size)) < size:
            raise OSError("no room for the whole part")
        return memoryview(mmap.mmap(descriptor, size, offset=offset, **UNTRACKED))
    finally:
        os.close(descriptor)
