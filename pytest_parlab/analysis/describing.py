"""Puts races into words: names of variables, processes and locks, why it goes wrong, and what to write instead."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import PurePath

from pytest_parlab.analysis.candidates import Candidate
from pytest_parlab.analysis.interleavings import interleaving_of
from pytest_parlab.analysis.races_model import Cell, Race, RaceAccess
from pytest_parlab.analysis.updates import Update
from pytest_parlab.trace.model import Access, Block, Lock, Trace

SourceLine = Callable[[str, int], str]

_AUGMENTED = re.compile(r"([-+*/])=\s*(\d+)\s*$")


def no_source(_path: str, _line: int) -> str:
    """Stands for "the source is not at hand"."""
    return ""


def _would_order(candidate: Candidate) -> str:
    """What would have kept the two sides apart: an order, and a lock where a lock is enough."""
    whole, other = candidate.whole, candidate.other
    order = "a join, a queue, an Event or a Barrier between the two"
    if candidate.kind == "unserialisable" and whole.pattern == "read":
        return f"{order}; a lock would not decide who comes first"
    first, last = whole.begin.site.line, whole.write.site.line
    stretch = f"from line {first} to line {last}" if first < last else f"at line {last}"
    places = stretch if last == other.write.site.line else f"{stretch} and at line {other.write.site.line}"
    return f"one lock, held by both {places}; or {order}"


class Describer:
    """Makes a race of what the rules found.

    Args:
        trace: What happened.
        source: Gives the text of a line of a file.
    """

    def __init__(self, trace: Trace, source: SourceLine) -> None:
        self._trace = trace
        self._source = source
        self._blocks: dict[int, Block] = {block.id: block for block in trace.blocks}
        self._locks: dict[int, Lock] = {lock.id: lock for lock in trace.locks}

    def race(self, candidates: list[Candidate]) -> Race:
        """One race from all the candidates that share its variable, kind and lines."""
        best = next((candidate for candidate in candidates if candidate.observed), candidates[0])
        whole, other = best.whole, best.other
        cell = self._cell(best)
        involved = {id(series): series for candidate in candidates for series in candidate.series}
        return Race(
            kind=best.kind,
            status="observed" if best.observed else "possible",
            cell=cell,
            first=self._access(whole),
            second=self._access(other),
            explanation=self._explanation(best, cell),
            fix=self._fix(best, cell),
            count=sum(series.count for series in involved.values()),
            steps=tuple(interleaving_of(whole, other, self._names(whole, other), self._result)),
            would_order=_would_order(best),
        )

    def _cell(self, candidate: Candidate) -> Cell:
        block_number, index = candidate.cell
        block = self._blocks.get(block_number, Block(block_number, "shared memory"))
        names = (self._variable(side.write) for side in (candidate.whole, candidate.other))
        return Cell(
            block_kind=block.kind,
            name=next((name for name in names if name), ""),
            created=block.site,
            index=index if block.length > 1 and not block.fields else None,
            part=block.part(index),
        )

    def _names(self, first: Update, second: Update) -> tuple[str, str]:
        """How the two processes are called, with their pids where their names are the same."""
        one, other = (self._trace.process_of(side.write.strand) for side in (first, second))
        if one.name == other.name:
            return f"{one.name} (pid {one.pid})", f"{other.name} (pid {other.pid})"
        return one.name, other.name

    def _process(self, access: Access) -> str:
        return self._trace.process_of(access.strand).name

    def _text(self, access: Access) -> str:
        return self._source(access.site.path, access.site.line).strip()

    def _expression(self, access: Access) -> str:
        """The accessed expression as it stands in the source, for example ``numbers[index]``."""
        if access.site.column < 0:
            return ""
        line = self._source(access.site.path, access.site.line).encode()
        return line[access.site.column : access.site.end_column].decode(errors="replace")

    def _variable(self, access: Access) -> str:
        expression = self._expression(access).strip()
        name = expression.removesuffix(".value") if expression.endswith(".value") else expression.partition("[")[0]
        name = name.strip()
        return name if name.replace(".", "").isidentifier() else ""

    def _access(self, side: Update) -> RaceAccess:
        access = side.write
        process = self._trace.process_of(access.strand)
        return RaceAccess(
            process=process.name,
            pid=process.pid,
            path=access.site.path,
            line=access.site.line,
            source=self._text(access),
            kind="read-write" if side.pattern == "update" else access.kind,
            locks_held=tuple(self._lock(lock) for lock in sorted(access.locks)),
            stack=access.site.stack,
        )

    def _lock(self, number: int) -> str:
        lock = self._locks.get(number)
        if lock is None or lock.site is None:
            return "a lock older than the watch"
        where = f"{PurePath(lock.site.path).name}:{lock.site.line}"
        if lock.owner:
            return f"the own lock of the shared value created at {where}"
        maker = ""
        if lock.process is not None and self._trace.processes[lock.process].role != "main":
            maker = f" by {self._trace.processes[lock.process].name}"
        return f"the {lock.kind} created at {where}{maker}"

    def _held(self, side: Update) -> str:
        return " and ".join(self._lock(lock) for lock in sorted(side.protection)) or "none"

    def _explanation(self, candidate: Candidate, cell: Cell) -> str:
        whole, other = candidate.whole, candidate.other
        match candidate.kind:
            case "inconsistent-lock":
                what = "Both updates" if whole.pattern == other.pattern == "update" else "Both accesses"
                return (
                    f"{what} of {cell} hold a lock, but not the same one: {self._process(whole.write)} holds "
                    f"{self._held(whole)}, {self._process(other.write)} holds {self._held(other)}. "
                    "Two different locks keep nobody out."
                )
            case "lost-update":
                return self._why_lost(whole, cell)
            case "unprotected-access":
                return self._why_unprotected(whole, other, cell)
        return self._why_unserialisable(whole, other, cell)

    def _why_lost(self, whole: Update, cell: Cell) -> str:
        if whole.augmented:
            what = self._text(whole.write) or "The update"
            if whole.write.raw:
                return f"{what} reads and then writes, and no lock is held: another process can come in between."
            owner = "Array" if cell.index is not None else "Value"
            own = f"takes the {owner}'s own lock twice: to read, then to write"
            if cell.block_kind.startswith("manager."):
                own = "is two calls of the manager: one reads, one writes"
            return (
                f"{what} {own}. In between it is free, and the other process can change the value that was just read."
            )
        if whole.read is not None and whole.write.locks and not whole.read.locks:
            return (
                f"{cell} is read at line {whole.read.site.line} before the lock is taken, and written at line "
                f"{whole.write.site.line} under it: what was read may be old by then."
            )
        return (
            f"{cell} is read at line {whole.begin.site.line} and written at line {whole.write.site.line}; in between "
            "no lock is held that the other process respects."
        )

    def _why_unprotected(self, whole: Update, other: Update, cell: Cell) -> str:
        raw = whole if whole.write.raw else other
        does = "reads" if whole.pattern == "read" else "writes"
        return (
            f"{self._process(whole.write)} {does} {cell} while {self._process(other.write)} may write it: line "
            f"{raw.write.site.line} goes past every lock, nothing orders the two, and they hold no lock in common. "
            "What is read may be old, or half of an old and half of a new value."
        )

    def _why_unserialisable(self, whole: Update, other: Update, cell: Cell) -> str:
        one, two = self._process(whole.write), self._process(other.write)
        first, last, between = whole.begin.site.line, whole.write.site.line, other.write.site.line
        match whole.pattern:
            case "update":
                return (
                    f"{one} reads {cell} at line {first} and alters it at line {last} as if it were still the same, "
                    f"and {two} may alter it in between (line {between}): nothing is lost, but what was found is not "
                    "true."
                )
            case "reads":
                return (
                    f"{one} reads {cell} at line {first} and again at line {last} as if it were still the same, and "
                    f"{two} may write it in between (line {between})."
                )
            case "writes":
                return (
                    f"{one} writes {cell} at line {first} and again at line {last}, and {two} may read it in between "
                    f"(line {between}): it sees a value that was only on its way."
                )
            case "write-back":
                return (
                    f"{one} writes {cell} at line {first} and reads it back at line {last}, and {two} may write it "
                    f"in between (line {between}): what is read is somebody else's."
                )
        return (
            f"{one} reads {cell} at line {last} and goes on with what it got, and nothing makes {two} write it "
            f"before or after that (line {between}): each run may see another value."
        )

    def _fix(self, candidate: Candidate, cell: Cell) -> str:
        whole, other = candidate.whole, candidate.other
        text, name = self._text(whole.write), cell.name or "number"
        if candidate.kind == "inconsistent-lock":
            return "create one lock, give it to every process, and hold it from the read to the write"
        if candidate.kind == "unserialisable" and whole.pattern == "read":
            return (
                f"order the two: join the writer, or wait for an Event, a Barrier or a queue, before line "
                f"{whole.write.site.line}"
            )
        if whole.write.raw or other.write.raw or cell.block_kind.startswith("manager."):
            return "create one Lock, give it to every process, and hold it around every access to this variable"
        if candidate.kind == "unserialisable":
            return f"with {name}.get_lock(): around both accesses, and around the other process's access too"
        if whole.write.locks:
            return "create one lock, give it to every process, and hold it from the read to the write"
        if whole.augmented and text:
            return f"with {name}.get_lock(): {text}"
        return f"with {name}.get_lock(): around the read and the write together"

    def _result(self, update: Update) -> str:
        """What an update makes of n: read off an augmented assignment of a plain number, else just a new value."""
        made = _AUGMENTED.search(self._text(update.write)) if update.augmented else None
        return f"n{made[1]}{made[2]}" if made else "n'"
