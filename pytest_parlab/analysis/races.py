"""Races between processes: updates of one shared cell that neither an order nor a common lock keeps apart.

Candidates come from the weak order (no edges from locks) together with lock sets, so that they are found in a run in
which nothing went wrong (lock sets: Savage et al., Eraser, 1997; hybrid: O'Callahan and Choi 2003).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import combinations, product
from pathlib import PurePath

from pytest_parlab.analysis.races_model import Cell, Race, RaceAccess, RaceKind, Step
from pytest_parlab.analysis.updates import Run, Update, may_break, runs_by_cell
from pytest_parlab.trace.model import Access, Block, CellKey, Lock, Trace

__all__ = ["Cell", "Race", "RaceAccess", "Step", "find_races"]

_AUGMENTED = re.compile(r"([-+*/])=\s*(\d+)\s*$")

SourceLine = Callable[[str, int], str]


def no_source(_path: str, _line: int) -> str:
    """Stands for "the source is not at hand"."""
    return ""


def find_races(trace: Trace, *, source: SourceLine = no_source) -> tuple[Race, ...]:
    """Find the lost updates and inconsistent locks of a trace.

    Args:
        trace: What happened.
        source: Gives the text of a line of a file, for the report.

    Returns:
        One race per variable, kind and pair of lines, with the number of updates that took part; observed ones first.
    """
    found: dict[tuple[object, ...], list[tuple[Run, Run, CellKey]]] = {}
    for cell, by_strand in runs_by_cell(trace).items():
        for (first_strand, first_runs), (second_strand, second_runs) in combinations(_by_age(trace, by_strand), 2):
            if trace.strands[first_strand].process == trace.strands[second_strand].process:
                continue
            for first, second in product(first_runs, second_runs):
                if _conflict(first.update, second.update):
                    key = (cell[0], _kind(first, second), *sorted({_line(first), _line(second)}))
                    found.setdefault(key, []).append((first, second, cell))
    describe = _Describer(trace, source)
    races = [describe.race(pairs) for pairs in found.values()]
    return tuple(sorted(races, key=lambda race: (race.status != "observed", race.first.path, race.first.line)))


def _by_age(trace: Trace, by_strand: dict[int, list[Run]]) -> list[tuple[int, list[Run]]]:
    """Strands in the order in which their processes were started, so that a report is the same every time."""
    return sorted(by_strand.items(), key=lambda item: (trace.process_of(item[0]).created_ns, item[0]))


def _line(run: Run) -> tuple[str, int]:
    return (run.update.write.site.path, run.update.write.site.line)


def _conflict(first: Update, second: Update) -> bool:
    """Tell whether one of the two can break into the other: no order between them and no lock in common."""
    if first.read is None and second.read is None:
        return False  # two plain writes: the last one counts, nothing is lost that either had read
    return any(
        whole.read is not None and may_break(whole, other) for whole, other in ((first, second), (second, first))
    )


def _kind(first: Run, second: Run) -> RaceKind:
    each_locked = all(run.update.protection for run in (first, second))
    return "inconsistent-lock" if each_locked else "lost-update"


def _observed(trace: Trace, first: Run, second: Run) -> bool:
    """Tell whether the versions show that one update broke into the other in this very run."""
    for whole, other in ((first, second), (second, first)):
        breaker = trace.strands[other.update.write.strand].process
        if any(update.read is not None and update.write.broken_by == breaker for update in whole.updates):
            return True
    return False


class _Describer:
    """Puts races into words: names of variables, processes and locks."""

    def __init__(self, trace: Trace, source: SourceLine) -> None:
        self._trace = trace
        self._source = source
        self._blocks: dict[int, Block] = {block.id: block for block in trace.blocks}
        self._locks: dict[int, Lock] = {lock.id: lock for lock in trace.locks}

    def race(self, pairs: list[tuple[Run, Run, CellKey]]) -> Race:
        """One race from all the pairs of runs that share its variable, kind and lines."""
        observed = [pair for pair in pairs if _observed(self._trace, pair[0], pair[1])]
        first, second, (block_number, index) = (observed or pairs)[0]
        block = self._blocks.get(block_number, Block(block_number, "shared memory"))
        if first.update.read is None:
            first, second = second, first
        cell = Cell(
            block_kind=block.kind,
            name=self._variable(first.update.write),
            created=block.site,
            index=index if block.length > 1 else None,
        )
        kind = _kind(first, second)
        involved = {id(run): sum(update.write.count for update in run.updates) for pair in pairs for run in pair[:2]}
        return Race(
            kind=kind,
            status="observed" if observed else "possible",
            cell=cell,
            first=self._access(first.update),
            second=self._access(second.update),
            explanation=self._explanation(kind, first.update, second.update, cell),
            fix=self._fix(kind, first.update, cell),
            count=sum(involved.values()),
            steps=tuple(self._steps(first.update, second.update)),
        )

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
        expression = self._expression(access)
        name = expression.removesuffix(".value") if expression.endswith(".value") else expression.partition("[")[0]
        return name.strip() if "=" not in name else ""

    def _access(self, update: Update) -> RaceAccess:
        access = update.write
        process = self._trace.process_of(access.strand)
        return RaceAccess(
            process=process.name,
            pid=process.pid,
            path=access.site.path,
            line=access.site.line,
            source=self._text(access),
            kind="write" if update.read is None else "read-write",
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

    def _explanation(self, kind: RaceKind, first: Update, second: Update, cell: Cell) -> str:
        if kind == "inconsistent-lock":
            return (
                f"Both updates of {cell} hold a lock, but not the same one: {self._process(first.write)} holds "
                f"{self._held(first)}, {self._process(second.write)} holds {self._held(second)}. "
                "Two different locks keep nobody out."
            )
        owner = "Array" if cell.index is not None else "Value"
        if first.augmented:
            what = self._text(first.write) or "The update"
            return (
                f"{what} takes the {owner}'s own lock twice: to read, then to write. "
                "In between it is free, and the other process can change the value that was just read."
            )
        if first.read is not None and first.write.locks and not first.read.locks:
            return (
                f"{cell} is read at line {first.read.site.line} before the lock is taken, and written at line "
                f"{first.write.site.line} under it: what was read may be old by then."
            )
        line = first.begin.site.line
        return (
            f"{cell} is read at line {line} and written at line {first.write.site.line}; in between no lock is held "
            "that the other process respects."
        )

    def _held(self, update: Update) -> str:
        return " and ".join(self._lock(lock) for lock in sorted(update.protection)) or "none"

    def _fix(self, kind: RaceKind, first: Update, cell: Cell) -> str:
        text = self._text(first.write)
        if kind == "inconsistent-lock" or first.write.locks:
            return "create one lock, give it to every process, and hold it from the read to the write"
        name = cell.name or "number"
        if first.augmented and text:
            return f"with {name}.get_lock(): {text}"
        return f"with {name}.get_lock(): around the read and the write together"

    def _steps(self, first: Update, second: Update) -> Iterator[Step]:
        """The interleaving that loses an update, with the value before it written as n."""
        one, other = self._process(first.write), self._process(second.write)
        if one == other:
            one, other = f"{one} (pid {self._pid(first)})", f"{other} (pid {self._pid(second)})"
        begin, end, write = first.begin.site, first.write.site, second.write.site
        mine, theirs = self._result(first), self._result(second)
        yield Step(one, "reads n", begin.path, begin.line, "n")
        if second.read is None:
            yield Step(other, "writes m", write.path, write.line, "m")
            yield Step(one, f"writes {mine}", end.path, end.line, mine, "step 2 is overwritten")
            return
        yield Step(other, "reads n", second.read.site.path, second.read.site.line, "n")
        yield Step(one, f"writes {mine}", end.path, end.line, mine)
        yield Step(other, f"writes {theirs}", write.path, write.line, theirs, "step 3 is overwritten")

    def _result(self, update: Update) -> str:
        """What an update makes of n: read off an augmented assignment of a plain number, else just a new value."""
        made = _AUGMENTED.search(self._text(update.write)) if update.augmented else None
        return f"n{made[1]}{made[2]}" if made else "n'"

    def _pid(self, update: Update) -> int:
        return self._trace.process_of(update.write.strand).pid
