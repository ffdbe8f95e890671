"""How a process reaches a synchronised object past its hooks: its raw lock, its data, and the words beside them."""

from __future__ import annotations

import ctypes
import weakref
from collections.abc import Callable
from types import FrameType
from typing import Any

from pytest_parlab.instrument import recorder
from pytest_parlab.instrument.blocks import number_behind
from pytest_parlab.instrument.folding import Fold
from pytest_parlab.instrument.layout import has_fields
from pytest_parlab.instrument.nodes import NO_CELL
from pytest_parlab.instrument.strands import LiveStrand

MOST_WORDS = 4096
"""Cells of an array up to which each has a word; in a longer one it is not told who wrote last."""
OPEN_LIMIT = 128
"""Blocks whose words are kept mapped in one process: a mapping keeps a file descriptor open."""
_NO_WORDS = memoryview(bytes(16)).cast("Q")
_NO_FOLD = Fold(0, LiveStrand(0, 0))


class Handle:
    """How one process reaches one synchronised object, past the hook of the object's own lock.

    Attributes:
        acquire: Takes the object's lock.
        release: Gives it back.
        shared: The ctypes object.
        block: Number of the block in the present watch; 0 for memory that did not come from `sharedctypes`.
        words: One word per cell beside the data; see `folding`.
        fold: The accesses of the thread that was here last.
        cell: The cell that it accessed; a stand-in where there are no words.
    """

    __slots__ = ("__weakref__", "acquire", "block", "cell", "fold", "release", "session", "shared", "words")

    def __init__(self, synchronized: Any) -> None:
        lock = getattr(synchronized._lock, "_semlock", synchronized._lock)
        self.acquire: Callable[[], Any] = lock.acquire
        self.release: Callable[[], Any] = lock.release
        self.shared: Any = synchronized._obj
        self.session = self.block = 0
        self.words: memoryview | None = _NO_WORDS
        self.fold = _NO_FOLD
        self.cell = NO_CELL

    def access(self, record: recorder.Recorder, kind: int, index: int, frame: FrameType) -> None:
        """Note one access; the object's lock is held."""
        if self._lead_to_fold(record):
            cell = self.fold.access(record, kind, index, frame, self.words, index)
            self.cell = NO_CELL if self.words is None else cell

    def sweep(self, record: recorder.Recorder, kind: int, indexes: range, frame: FrameType) -> None:
        """Note one access to each of several cells; the object's lock is held."""
        if self._lead_to_fold(record):
            self.fold.sweep(record, kind, indexes, frame, self.words)

    def close(self) -> None:
        """Let go of the words: a mapping keeps a file descriptor open."""
        self.session = self.block = 0
        self.words = _NO_WORDS
        self.fold = _NO_FOLD
        self.cell = NO_CELL

    def _lead_to_fold(self, record: recorder.Recorder) -> bool:
        """Have the accesses of the calling thread at hand; False for memory that is not followed."""
        if self.session != record.session:
            self._open(record)
        strand = record.here()
        if self.block and self.fold.strand is not strand:
            self.fold = strand.fold(self.block)
        return self.block != 0

    def _open(self, record: recorder.Recorder) -> None:
        self.session = record.session
        self.fold = _NO_FOLD
        if not hasattr(self.shared, "_wrapper"):
            return
        self.block = number_behind(self.shared._wrapper)
        cells = _cells(self.shared)
        self.words = record.counters.words(self.block, cells) if cells <= MOST_WORDS else None
        _close_oldest()
        key = id(self)
        _mapped[key] = weakref.ref(self, lambda _: _mapped.pop(key, None))


_mapped: dict[int, weakref.ref[Handle]] = {}


def _close_oldest() -> None:
    for key in list(_mapped)[: max(len(_mapped) - OPEN_LIMIT + 1, 0)]:
        oldest = _mapped.pop(key)()
        if oldest is not None:
            oldest.close()


def _cells(shared: Any) -> int:
    """How many cells a ctypes object has; of what is laid out in fields each byte may begin one."""
    if has_fields(type(shared)):
        return ctypes.sizeof(shared)
    return len(shared) if isinstance(shared, ctypes.Array) else 1


def handle_of(synchronized: Any) -> Handle:
    """The way to a synchronised object."""
    handle: Handle | None = vars(synchronized).get("_parlab_handle")
    if handle is None:
        handle = synchronized._parlab_handle = Handle(synchronized)
    return handle
