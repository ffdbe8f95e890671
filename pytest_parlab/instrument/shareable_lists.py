"""Hooks in `multiprocessing.shared_memory`: the items of a `ShareableList`, and memory that is taken as a buffer.

No lock protects any of them. A list is known by the name of its memory.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import wraps
from multiprocessing import shared_memory as mp_shared_memory
from typing import Any

from pytest_parlab.instrument import blocks, recorder
from pytest_parlab.instrument.blind_spots import note
from pytest_parlab.instrument.patches import Patches
from pytest_parlab.trace.records import Kind, Way

_READ, _WRITE = int(Kind.RAW_READ), int(Kind.RAW_WRITE)
_getframe = sys._getframe


def install(patches: Patches) -> None:
    """Hook creation and access."""
    items: Any = mp_shared_memory.ShareableList
    memory: Any = mp_shared_memory.SharedMemory
    patches.replace(memory, "__init__", _opened(memory.__init__))
    patches.replace(memory, "buf", property(_taken(memory.buf.__get__)))
    patches.replace(items, "__init__", _listed(items.__init__))
    patches.replace(items, "__getitem__", _read(items.__getitem__))
    patches.replace(items, "__setitem__", _write(items.__setitem__))


def _place(memory: Any) -> int:
    """The number of the memory behind a name."""
    return blocks.number_of(f"shared memory {memory.name}")


def _number(memory: Any) -> int:
    """The number of the block behind a name."""
    return blocks.number_at(_place(memory))


def _is_library(frame: Any) -> bool:
    return frame.f_code.co_filename == mp_shared_memory.__file__  # type: ignore[no-any-return]


def _opened(original: Callable[..., None]) -> Callable[..., None]:
    @wraps(original)
    def __init__(self: Any, name: str | None = None, create: bool = False, *args: Any, **kwargs: Any) -> None:
        original(self, name, create, *args, **kwargs)
        record = recorder.active
        if record is not None and create and not _is_library(_getframe(1)):
            blocks.created(record, _place(self), "SharedMemory", {"length": self.size})

    return __init__


def _taken(original: Callable[[Any], memoryview]) -> Callable[[Any], memoryview]:
    def buf(self: Any) -> memoryview:
        """A memoryview of contents of the shared memory block."""
        if recorder.active is not None and not _is_library(_getframe(1)):
            note(_number(self), Way.BUFFER, vars(self))
        return original(self)

    return buf


def _listed(original: Callable[..., None]) -> Callable[..., None]:
    @wraps(original)
    def __init__(self: Any, sequence: Any = None, *, name: str | None = None) -> None:
        original(self, sequence, name=name)
        record = recorder.active
        if record is not None and sequence is not None:
            blocks.created(record, _place(self.shm), "ShareableList", {"length": self._list_len})

    return __init__


def _read(original: Callable[[Any, int], Any]) -> Callable[[Any, int], Any]:
    @wraps(original)
    def __getitem__(self: Any, position: int) -> Any:
        result = original(self, position)
        _touch(_READ, self, position)
        return result

    return __getitem__


def _write(original: Callable[[Any, int, Any], None]) -> Callable[[Any, int, Any], None]:
    @wraps(original)
    def __setitem__(self: Any, position: int, value: Any) -> None:
        original(self, position, value)
        _touch(_WRITE, self, position)

    return __setitem__


def _touch(kind: int, items: Any, position: int) -> None:
    record = recorder.active
    if record is not None:
        block = vars(items).get("_parlab_block")
        if block is None:
            block = items._parlab_block = _number(items.shm)
        record.touch(kind, block, position if position >= 0 else position + items._list_len, _getframe(2))
