"""What happened: the `Trace` of one watched run, as frozen facts without any judgement.

Times are nanoseconds of the machine's monotonic clock. They serve display and measurement of durations; the
order of events comes from `Clock` alone (vector clocks: Mattern 1989, Fidge 1988).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from pytest_parlab.trace.purposes import Purpose

Clock: TypeAlias = tuple[int, ...]
"""One entry per strand of the trace: how many of that strand's synchronisation epochs are known to have ended
before. Access *a* happens before *b* if ``b.clock[a.strand] >= a.clock[a.strand]`` and they differ in strand."""

CellKey: TypeAlias = tuple[int, int]
"""Identity of one shared cell: (block id, index in the block; 0 for a Value)."""


@dataclass(frozen=True, slots=True)
class Site:
    """A place in the user's source where something was done.

    Attributes:
        path: Source file, as the user knows it.
        line: Line number, from 1.
        function: Qualified name of the function.
        column: First column of the expression, from 0; -1 if the interpreter does not know.
        end_column: Column after the expression; -1 if not known.
        stack: The user's frames that led here, innermost first, as (path, line, function).
    """

    path: str
    line: int
    function: str
    column: int = -1
    end_column: int = -1
    stack: tuple[tuple[str, int, str], ...] = ()

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"


@dataclass(frozen=True, slots=True)
class Process:
    """One process of the watched tree.

    Attributes:
        index: Position in `Trace.processes`; 0 is the process in which the watch was opened.
        pid: Process id.
        parent: Index of the process that started it; None for the first.
        name: ``multiprocessing`` name, for example ``Process-1``.
        target: Qualified name of the function it runs, or the empty string (a pool's worker, the first process).
        role: ``main`` (where the watch was opened), ``process`` (started by the user's code),
            ``worker`` (of a pool or an executor), ``helper`` (a manager, a hand-made fork).
        start_method: ``fork``, ``spawn``, ``forkserver`` or the empty string (the first process).
        created_ns: When the parent called ``start``; for the first process, when the watch was opened.
        started_ns: Its first own event; None if none was recorded.
        finished_ns: Its last own event; None if none was recorded.
        ended: It recorded its own regular end (False: killed, ``os._exit``, or still running).
        exit_code: As seen by its parent; None if nobody saw it end.
        joined_ns: When the parent's successful ``join`` (or ``is_alive`` answering False) returned; None if never.
        join_called_ns: When the first ``join`` was called; None if never.
        exit_code_read: The user's code read ``exitcode`` after the end.
        start_site: Where ``start`` was called.
        join_site: Where the first ``join`` was called.
        error: ``"ValueError: text"`` if its target raised, else the empty string.
        cpu_ns: CPU time used between its first and last own event.
    """

    index: int
    pid: int
    parent: int | None
    name: str
    target: str = ""
    role: Literal["main", "process", "worker", "helper"] = "process"
    start_method: str = ""
    created_ns: int = 0
    started_ns: int | None = None
    finished_ns: int | None = None
    ended: bool = False
    exit_code: int | None = None
    joined_ns: int | None = None
    join_called_ns: int | None = None
    exit_code_read: bool = False
    start_site: Site | None = None
    join_site: Site | None = None
    error: str = ""
    cpu_ns: int = 0


@dataclass(frozen=True, slots=True)
class Strand:
    """One thread of one process: the unit of program order.

    Attributes:
        index: Position in `Trace.strands` and in every `Clock`.
        process: Index of its process.
        thread: Number of the thread inside the process, from 0 in order of first appearance.
        name: Name of the thread.
    """

    index: int
    process: int
    thread: int
    name: str


@dataclass(frozen=True, slots=True)
class Task:
    """One unit of work handed to a pool or an executor (a chunk counts as one task).

    Attributes:
        id: Unique in the trace.
        group: Id of the `Group` (pool or executor) that ran it.
        call: Id of the ``map``, ``apply_async`` or ``submit`` call that it came from; tasks of one ``map`` share it.
        function: Qualified name of the user's function.
        items: How many items it holds (a chunk of ``map`` has several).
        submitted_ns: When the user's call handed it over.
        started_ns: When a worker began it; None if no worker did.
        finished_ns: When the worker ended it; None if it did not end.
        process: Index of the process that ran it; None if not started.
        thread: Thread number inside that process.
        cpu_ns: CPU time of the thread that ran it.
        delay_ns: Time spent runnable but waiting for a core (run queue); None where the system does not tell.
        argument_bytes: Pickled size of function and arguments; 0 for threads, None if not known.
        result_bytes: Pickled size of the result; 0 for threads, None if not known.
        error: ``"ValueError: text"`` if it raised, else the empty string.
        submit_site: Where the user's code handed it over.
        retrieved_ns: When the user's code first asked for its result (the request, not the answer); None if never.
        retrieve_site: Where.
    """

    id: int
    group: int
    call: int
    function: str
    items: int
    submitted_ns: int
    started_ns: int | None
    finished_ns: int | None
    process: int | None
    thread: int | None
    cpu_ns: int = 0
    delay_ns: int | None = None
    argument_bytes: int | None = None
    result_bytes: int | None = None
    error: str = ""
    submit_site: Site | None = None
    retrieved_ns: int | None = None
    retrieve_site: Site | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """A pool or an executor: what runs tasks.

    Attributes:
        id: Unique in the trace.
        kind: ``pool`` (multiprocessing.Pool), ``process`` or ``thread`` (concurrent.futures), ``thread-pool``
            (multiprocessing.pool.ThreadPool).
        workers: How many workers it was asked for.
        process: Index of the process that created it.
        created_ns: When.
        site: Where.
        closed: ``close``, ``terminate`` or ``shutdown`` was called (leaving a ``with`` block calls one of them).
        joined: ``join`` was called, or ``shutdown(wait=True)``; a pool's ``with`` block ends by ``terminate``,
            which waits for the workers too.
    """

    id: int
    kind: Literal["pool", "thread-pool", "process", "thread"]
    workers: int
    process: int
    created_ns: int
    site: Site | None
    closed: bool = False
    joined: bool = False


@dataclass(frozen=True, slots=True)
class Lock:
    """A Lock, RLock or semaphore of ``multiprocessing``.

    Attributes:
        id: Unique, the same in every process.
        kind: ``Lock``, ``RLock``, ``Semaphore`` or ``BoundedSemaphore``.
        process: Index of the process that created it; None if it is older than the watch.
        site: Where it was created; None if it is older than the watch.
        owner: The shared value whose own lock this is (``get_lock()``): its block id; 0 if none.
    """

    id: int
    kind: str
    process: int | None = None
    site: Site | None = None
    owner: int = 0


@dataclass(frozen=True, slots=True)
class Holding:
    """A stretch in which a strand held a lock (outermost level for an RLock): once, or several times in a row.

    Attributes:
        lock: Id of the lock.
        strand: Who held it.
        asked_ns: When it was asked for.
        acquired_ns: When it was had.
        released_ns: When it was given back (for the last time); None if never.
        ticket: Position of the first in the order in which all processes had this lock (1, 2, 3, ...).
        site: Where it was acquired.
        release_site: Where it was released.
        count: How many holdings in a row, with nobody else between them and at most a millisecond in all.
        held_ns: For how long it was held in all; 0 if it was never given back.
    """

    lock: int
    strand: int
    asked_ns: int
    acquired_ns: int
    released_ns: int | None
    ticket: int
    site: Site | None = None
    release_site: Site | None = None
    count: int = 1
    held_ns: int = 0


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of shared memory: a Value, an Array, raw memory of `sharedctypes`, a `ShareableList`, or managed data.

    Attributes:
        id: Unique, the same in every process.
        kind: How it was made, for example ``Value('i')`` or ``Array('d')``.
        length: Number of cells; 1 for a Value.
        site: Where it was created; None if it is older than the watch.
        untracked: Its memory was handed out in a way in which accesses are not seen (a buffer, a pointer).
        fields: For memory that is laid out in fields: (bytes from the start of an element, name), by offset. A cell's
            index is then the number of bytes from the start of the block to the field, not the number of an element.
            For a managed list, dictionary or namespace: (number of a cell, ``[3]``, ``['ann']`` or ``.x``), and for
            the object as a whole, which is one more cell, an empty text.
        stride: Bytes from one element with fields to the next; 0 if the block is no array of such elements.
    """

    id: int
    kind: str
    length: int = 1
    site: Site | None = None
    untracked: bool = False
    fields: tuple[tuple[int, str], ...] = ()
    stride: int = 0

    def part(self, index: int) -> str:
        """What stands behind the block's name for one of its cells: ``[3]``, ``.x``, ``[3].x`` or nothing."""
        if not self.fields:
            return f"[{index}]" if self.length > 1 else ""
        element, offset = divmod(index, self.stride) if self.stride else (0, index)
        name = next((name for start, name in self.fields if start == offset), "")
        return f"[{element}]{name}" if self.stride else name


@dataclass(frozen=True, slots=True)
class Access:
    """A read or write of one shared cell by one strand, and all later ones in its epoch that are like it.

    Two accesses are alike if they come from one place, under the same locks, after the same kind of access.

    Attributes:
        kind: ``read`` or ``write``.
        cell: Which cell.
        strand: Who.
        clock: Vector clock of the strand at that moment (ordered by start, join, queue, event, barrier, task, result
            and polled flags; not by locks).
        position: Place in the strand's program order.
        version: How many writes of the cell had been made before, by all processes; 0 where nobody counts.
        locks: Locks held.
        site: Where.
        previous: The strand's access to the same cell before; None for its first.
        kept: Locks held from `previous` to here without a gap.
        broken_by: Index of the process that wrote the cell between `previous` and here, the last one of several;
            None if nobody did, or nobody counts.
        count: How many accesses there were from this place under these locks in this epoch.
        last_version: For a write that was repeated: the version that the last one made; 0 if it was not, or nobody
            counts.
        raw: It was made without the memory's own lock.
        purpose: What it is for, as far as its source tells.
    """

    kind: Literal["read", "write"]
    cell: CellKey
    strand: int
    clock: Clock
    position: int
    version: int
    locks: frozenset[int]
    site: Site
    previous: Access | None = field(default=None, repr=False, compare=False)
    kept: frozenset[int] = frozenset()
    broken_by: int | None = None
    count: int = 1
    last_version: int = 0
    raw: bool = False
    purpose: Purpose = Purpose.NONE


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue of ``multiprocessing``.

    Attributes:
        id: Unique, the same in every process.
        kind: ``Queue``, ``JoinableQueue`` or ``SimpleQueue``.
        site: Where it was created; None if it is older than the watch.
        internal: It belongs to a pool or an executor, not to the user's code.
        maxsize: Capacity in items; 0 if unbounded.
    """

    id: int
    kind: str
    site: Site | None = None
    internal: bool = False
    maxsize: int = 0


@dataclass(frozen=True, slots=True)
class Item:
    """One item's way through a queue.

    Attributes:
        queue: Id of the queue.
        put_strand: Who put it.
        put_ns: When.
        put_site: Where.
        put_depth: Items inside right after it was put, itself included (counted, not timed).
        get_strand: Who got it; None if nobody did.
        get_ns: When; None if nobody did.
        get_site: Where.
        get_depth: Items inside right after it was got; None if nobody did.
        size: Pickled size in bytes; None if it was never sent.
    """

    queue: int
    put_strand: int
    put_ns: int
    put_site: Site | None
    put_depth: int
    get_strand: int | None = None
    get_ns: int | None = None
    get_site: Site | None = None
    get_depth: int | None = None
    size: int | None = None


@dataclass(frozen=True, slots=True)
class Trace:
    """Everything that was recorded in one watched run, in happens-before order.

    Attributes:
        started_ns: When the watch was opened.
        finished_ns: When it was closed.
        truncated: Old events were overwritten because a ring was full, or left out because all rings together were
            too much: what is here is not all.
        problems: What the recording could not do, each as one sentence (an unreadable ring, a broken order).
        untracked: What was seen to exist but is not recorded, each as one sentence.
    """

    started_ns: int
    finished_ns: int
    processes: tuple[Process, ...] = ()
    strands: tuple[Strand, ...] = ()
    tasks: tuple[Task, ...] = ()
    groups: tuple[Group, ...] = ()
    locks: tuple[Lock, ...] = ()
    holdings: tuple[Holding, ...] = ()
    blocks: tuple[Block, ...] = ()
    accesses: tuple[Access, ...] = ()
    queues: tuple[Queue, ...] = ()
    items: tuple[Item, ...] = ()
    truncated: bool = False
    problems: tuple[str, ...] = field(default=())
    untracked: tuple[str, ...] = field(default=())

    def process_of(self, strand: int) -> Process:
        """The process that a strand belongs to."""
        return self.processes[self.strands[strand].process]


def happens_before(first: Access, second: Access) -> bool:
    """Tell whether `first` is ordered before `second` by synchronisation or by program order."""
    if first.strand == second.strand:
        return first.position < second.position
    return second.clock[first.strand] >= first.clock[first.strand]
