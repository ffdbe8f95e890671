"""Which block of shared memory an object lies in: a number, the same in every process under every start method.

Memory of `sharedctypes` is known by the file behind it and the offset in it.
"""

from __future__ import annotations

import os
import zlib
from typing import Any

from pytest_parlab.instrument import recorder
from pytest_parlab.trace.records import Kind, now_ns

_HALF = (1 << 31) - 1


def number_of(text: str) -> int:
    """The number of the memory that has a name of its own in the system (31 bits, never 0)."""
    return zlib.crc32(text.encode()) & _HALF or 1


def place_behind(wrapper: Any) -> int:
    """The number of the memory that a `multiprocessing.heap.BufferWrapper` stands for, whatever block lies there."""
    (arena, start, _), _ = wrapper._state
    descriptor = getattr(arena, "fd", -1)
    if descriptor >= 0:
        status = os.fstat(descriptor)
        place = f"{status.st_dev}+{status.st_ino}"
    else:
        place = str(arena.name)
    return number_of(f"{place}+{start}")


def number_behind(wrapper: Any) -> int:
    """The number of the block that lies in the memory of a `multiprocessing.heap.BufferWrapper` now."""
    return number_at(place_behind(wrapper))


def number_at(place: int) -> int:
    """The number of the block that lies at a place now: memory is used again, and each use is another block."""
    record = recorder.active
    lives = 0 if record is None else record.counters.last_ticket(-place)
    return number_of(f"{place}+{lives}") if lives else place


def block_number(synchronized: Any) -> int:
    """The number of the memory behind a synchronized object."""
    session = 0 if recorder.active is None else recorder.active.session
    known: tuple[int, int] | None = vars(synchronized).get("_parlab_block")
    if known is None or known[0] != session:
        known = synchronized._parlab_block = (session, number_behind(synchronized._obj._wrapper))
    return known[1]


def kind_of(maker: str, code: Any) -> str:
    """How something was made, as a reader knows it: ``RawArray('d')``, ``Value(Point)``."""
    return f"{maker}({code!r})" if isinstance(code, str) else f"{maker}({getattr(code, '__name__', code)})"


def created(record: recorder.Recorder, place: int, kind: str, facts: dict[str, Any]) -> int:
    """Record that a block was made, and describe it.

    Args:
        record: Where to.
        place: The number of its memory.
        kind: How it was made, as a reader knows it: ``RawArray('d')``.
        facts: Its length and fields; see `layout.shape`.

    Returns:
        The number of the block.
    """
    record.counters.ticket(-place)
    block, site = number_at(place), record.caller()
    record.describe("block", block, kind=kind, site=site, **facts)
    record.write(Kind.BLOCK_CREATED, block, now_ns(), site)
    return block
