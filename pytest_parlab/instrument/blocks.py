"""Which block of shared memory an object lies in: a number, the same in every process under every start method.

Memory of `sharedctypes` is known by the file behind it and the offset in it.
"""

from __future__ import annotations

import os
import zlib
from typing import Any

from pytest_parlab.instrument import recorder
from pytest_parlab.trace.records import Kind

_HALF = (1 << 31) - 1


def number_of(text: str) -> int:
    """The number of the memory that has a name of its own in the system (31 bits, never 0)."""
    return zlib.crc32(text.encode()) & _HALF or 1


def number_behind(wrapper: Any) -> int:
    """The number of the memory that a `multiprocessing.heap.BufferWrapper` stands for."""
    (arena, start, _), _ = wrapper._state
    descriptor = getattr(arena, "fd", -1)
    if descriptor >= 0:
        status = os.fstat(descriptor)
        place = f"{status.st_dev}+{status.st_ino}"
    else:
        place = str(arena.name)
    return number_of(f"{place}+{start}")


def block_number(synchronized: Any) -> int:
    """The number of the memory behind a synchronized object."""
    known: int | None = vars(synchronized).get("_parlab_block")
    if known is None:
        known = synchronized._parlab_block = number_behind(synchronized._obj._wrapper)
    return known


def kind_of(maker: str, code: Any) -> str:
    """How something was made, as a reader knows it: ``RawArray('d')``, ``Value(Point)``."""
    return f"{maker}({code!r})" if isinstance(code, str) else f"{maker}({getattr(code, '__name__', code)})"


def created(record: recorder.Recorder, block: int, kind: str, facts: dict[str, Any]) -> None:
    """Record that a block begins a life, and describe it.

    Args:
        record: Where to.
        block: Its number.
        kind: How it was made, as a reader knows it: ``RawArray('d')``.
        facts: Its length and fields; see `layout.shape`.
    """
    ticket, site = record.counters.ticket(-block), record.caller()
    record.describe("block", block | ticket << 32, kind=kind, site=site, **facts)
    record.write(Kind.BLOCK_CREATED, block, ticket, site)
