"""Which steps of a schedule write over something that they have not seen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from pytest_parlab.explore.exploration import Moment


class Overwriting(NamedTuple):
    """A lost update, by the indices of its three steps: somebody reads, another one writes, the first one writes."""

    read: int
    lost: int
    write: int


def overwritings(moments: Sequence[Moment]) -> tuple[Overwriting, ...]:
    """Find every write whose process has last read the cell before another one wrote it."""
    found = []
    reads: dict[tuple[str, str], int] = {}
    writes: dict[str, tuple[str, int]] = {}
    for index, moment in enumerate(moments):
        if not moment.value:
            continue
        cell = _cell(moment)
        me = moment.process, cell
        if moment.action.startswith("reads"):
            reads[me] = index
        elif moment.action.startswith("writes"):
            read = reads.pop(me, None)
            writer, lost = writes.get(cell, ("", -1))
            if read is not None and writer != moment.process and lost > read:
                found.append(Overwriting(read, lost, index))
            writes[cell] = moment.process, index
    return tuple(found)


def _cell(moment: Moment) -> str:
    """What tells one cell from all others: its object, and its place in it (``writes [3]: 5``)."""
    part = moment.action.split()[1:2]
    return moment.subject + "".join(part) if part and part[0].startswith("[") else moment.subject
