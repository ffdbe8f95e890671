"""Writes traces by hand: times in milliseconds, clocks by who knows whom, everything else with a default."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from pytest_parlab.trace.model import Access, Block, Group, Holding, Lock, Process, Site, Strand, Task, Trace
from pytest_parlab.trace.purposes import Purpose

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

PATH = "lesson.py"
MS = 1_000_000


def at(line: int, *callers: int, path: str = PATH, function: str = "run", column: int = -1) -> Site:
    """A place in the learner's file, with the lines that called it."""
    chain = ((path, line, function), *((path, caller, "caller") for caller in callers))
    return Site(path, line, function, column=column, stack=chain)


@dataclass(slots=True)
class TraceBuilder:
    """Collects what happened; `build` makes the trace. The first process and its strand are there from the start."""

    main_cpu_ms: float = 1
    processes: list[Process] = field(default_factory=list)
    tasks: list[Task] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    locks: list[Lock] = field(default_factory=list)
    holdings: list[Holding] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    accesses: list[Access] = field(default_factory=list)
    _positions: dict[int, int] = field(default_factory=dict)
    _clocks: list[dict[int, int]] = field(default_factory=list)
    _words: dict[tuple[int, int], tuple[int, int | None]] = field(default_factory=dict)
    _last: dict[tuple[int, tuple[int, int]], tuple[Access | None, frozenset[tuple[int, int]], int]] = field(
        default_factory=dict
    )

    def __post_init__(self) -> None:
        cpu = int(self.main_cpu_ms * MS)
        main = Process(0, 1000, None, "MainProcess", role="main", started_ns=0, ended=True, cpu_ns=cpu)
        self.processes.append(main)

    def process(  # noqa: PLR0917
        self,
        begin: float = 0,
        end: float = 10,
        joined: float | None = None,
        line: int = 5,
        join_line: int = 7,
        cpu_ms: float = 5,
        **changes: Any,
    ) -> int:
        """A child that ran from `begin` to `end` and was joined at `joined`; returns its index and strand."""
        index = len(self.processes)
        child = Process(
            index,
            1000 + index,
            0,
            f"Process-{index}",
            target="work",
            start_method="fork",
            created_ns=int(begin * MS),
            started_ns=int(begin * MS) + 1,
            finished_ns=int(end * MS),
            ended=True,
            exit_code=0,
            joined_ns=None if joined is None else int(joined * MS),
            join_called_ns=None if joined is None else int(min(begin, joined) * MS),
            start_site=at(line),
            join_site=None if joined is None else at(join_line),
            cpu_ns=int(cpu_ms * MS),
        )
        self.processes.append(replace(child, **changes))
        return index

    def worker(self, **changes: Any) -> int:
        """A worker of a pool."""
        name = f"ForkPoolWorker-{len(self.processes)}"
        return self.process(**{"role": "worker", "target": "", "name": name, "start_site": None, **changes})

    def group(self, workers: int = 2, line: int = 5, kind: Any = "pool", *callers: int, **changes: Any) -> int:
        """A pool that was closed and joined; returns its id."""
        number = len(self.groups) + 1
        group = Group(number, kind, workers, 0, number * MS, at(line, *callers), closed=True, joined=True)
        self.groups.append(replace(group, **changes))
        return number

    def task(  # noqa: PLR0917
        self,
        group: int,
        process: int,
        submitted: float,
        started: float | None,
        finished: float | None,
        retrieved: float | None = None,
        line: int = 6,
        **changes: Any,
    ) -> None:
        """A task of one item and of a call of its own."""
        number = len(self.tasks) + 1
        task = Task(
            number,
            group,
            number,
            "work",
            1,
            int(submitted * MS),
            None if started is None else int(started * MS),
            None if finished is None else int(finished * MS),
            process,
            0,
            submit_site=at(line),
            retrieved_ns=None if retrieved is None else int(retrieved * MS),
            retrieve_site=None if retrieved is None else at(line),
        )
        self.tasks.append(replace(task, **changes))

    def block(self, kind: str = "Value('i')", length: int = 1, line: int = 2) -> int:
        """A shared Value or Array; returns its id."""
        self.blocks.append(Block(len(self.blocks) + 1, kind, length, at(line)))
        return len(self.blocks)

    def lock(self, process: int = 0, line: int = 3, kind: str = "Lock") -> int:
        """A lock made by a process; returns its id."""
        self.locks.append(Lock(len(self.locks) + 1, kind, process, at(line)))
        return len(self.locks)

    def hold(  # noqa: PLR0917
        self,
        lock: int,
        strand: int,
        acquired: float,
        released: float | None,
        asked: float | None = None,
        ticket: int | None = None,
        line: int = 10,
    ) -> tuple[int, int]:
        """A holding; returns the pair that its accesses carry."""
        number = ticket or 1 + sum(holding.lock == lock for holding in self.holdings)
        self.holdings.append(
            Holding(
                lock,
                strand,
                int((acquired if asked is None else asked) * MS),
                int(acquired * MS),
                None if released is None else int(released * MS),
                number,
                at(line),
                held_ns=0 if released is None else int((released - acquired) * MS),
            )
        )
        return lock, number

    def access(  # noqa: PLR0917
        self,
        kind: Any,
        strand: int,
        block: int,
        index: int = 0,
        line: int = 11,
        locks: Iterable[tuple[int, int]] = (),
        knows: Mapping[int, int] | None = None,
        site: Site | None = None,
        purpose: Purpose = Purpose.NONE,
        *,
        raw: bool = False,
    ) -> None:
        """A read or write; `knows` says which strands' epochs it comes after (none: only its own)."""
        self._positions[strand] = self._positions.get(strand, 0) + 1
        self._clocks.append({strand: 1, **(knows or {})})
        cell, held = (block, index), frozenset(locks)
        before, kept, left = self._last.get((strand, cell), (None, frozenset(), 0))
        version, writer = self._words.get(cell, (0, None))
        if kind == "write":
            self._words[cell] = (version + 1, strand)
        self.accesses.append(
            Access(
                kind,
                cell,
                strand,
                (),
                self._positions[strand],
                version,
                frozenset(lock for lock, _ in held),
                site or at(line),
                previous=before,
                kept=frozenset(lock for lock, _ in held & kept),
                broken_by=writer if before is not None and version != left else None,
                raw=raw,
                purpose=purpose,
            )
        )
        self._last[strand, cell] = (self.accesses[-1], held, self._words.get(cell, (0, None))[0])

    def update(self, strand: int, block: int, index: int = 0, **more: Any) -> None:
        """A read and a write of one cell on one line."""
        self.access("read", strand, block, index, **more)
        self.access("write", strand, block, index, **more)

    def build(self, **changes: Any) -> Trace:
        """The trace; every process has one strand with its own index."""
        strands = tuple(Strand(one.index, one.index, 0, "MainThread") for one in self.processes)
        clocks = (tuple(clock.get(one.index, 0) for one in self.processes) for clock in self._clocks)
        trace = Trace(
            started_ns=0,
            finished_ns=1000 * MS,
            processes=tuple(self.processes),
            strands=strands,
            tasks=tuple(self.tasks),
            groups=tuple(self.groups),
            locks=tuple(self.locks),
            holdings=tuple(self.holdings),
            blocks=tuple(self.blocks),
            accesses=self._with_clocks(tuple(clocks)),
        )
        return replace(trace, **changes)

    def _with_clocks(self, clocks: tuple[tuple[int, ...], ...]) -> tuple[Access, ...]:
        """The accesses with their clocks, each with the one before it in its strand."""
        made: dict[int, Access] = {}
        for access, clock in zip(self.accesses, clocks, strict=True):
            before = None if access.previous is None else made[id(access.previous)]
            made[id(access)] = replace(access, clock=clock, previous=before)
        return tuple(made.values())
