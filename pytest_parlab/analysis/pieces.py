"""The work of a run, cut into pieces and rounds: what a replay deals out to the lanes.

A piece is one task of a pool or an executor, or one bare process. A round is a set of pieces that were under way
together; the next round begins where the program waited for everything before it handed out more.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pytest_parlab.trace.model import Group, Process, Site, Task, Trace

NANOSECONDS = 1e9

_THREAD_KINDS = ("thread", "thread-pool")


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece of work; all times in seconds after the start of the watch.

    Attributes:
        submitted_s: When it was handed over (for a process: when ``start`` was called).
        started_s: When it began.
        finished_s: When it ended.
        process: Index of the process that ran it.
        thread: Thread number in that process.
        cpu_s: CPU time.
        delay_s: Time spent waiting for a core; None where the system does not tell.
        lock_s: Time spent waiting for locks.
        group: Id of its pool or executor; None for a bare process.
        retrieved_s: When its result was first asked for (for a process: when it was joined); None if never.
        bytes: Pickled size of argument and result.
        site: Where it was handed over.
    """

    submitted_s: float
    started_s: float
    finished_s: float
    process: int
    thread: int
    cpu_s: float
    delay_s: float | None = None
    lock_s: float = 0.0
    group: int | None = None
    retrieved_s: float | None = None
    bytes: int = 0
    site: Site | None = None

    @property
    def wall_s(self) -> float:
        """From beginning to end."""
        return self.finished_s - self.started_s


@dataclass(frozen=True, slots=True)
class Round:
    """Pieces that were under way together, in the order in which they began.

    Attributes:
        pieces: The pieces.
        workers: How many workers could run them at once: processes, or threads of one process.
        threads: They ran in threads of one process.
    """

    pieces: tuple[Piece, ...]
    workers: int
    threads: bool

    @property
    def submitted_s(self) -> float:
        """When the first piece was handed over."""
        return min(piece.submitted_s for piece in self.pieces)

    @property
    def finished_s(self) -> float:
        """When the last piece ended."""
        return max(piece.finished_s for piece in self.pieces)

    @property
    def cpu_s(self) -> float:
        """CPU time of all pieces."""
        return sum(piece.cpu_s for piece in self.pieces)


def pieces(trace: Trace) -> tuple[Piece, ...]:
    """Every finished piece of work: the tasks or, where there are none, the bare processes."""
    waits = _lock_waits(trace)
    found = [_task_piece(trace, task, waits) for task in trace.tasks]
    if not any(found):
        found = [_process_piece(trace, process, waits) for process in trace.processes if process.role == "process"]
    return tuple(sorted((piece for piece in found if piece is not None), key=lambda piece: piece.started_s))


def rounds(trace: Trace) -> tuple[Round, ...]:
    """Cut the pieces where the program waited for all that it had handed out.

    Time alone does not show a wait: with one core, the workers may have finished everything by chance before the
    next piece is handed over. So a round ends only where, besides, a result of it was asked for, or where the next
    piece goes to a new pool after the old one was shut down.
    """
    groups = {group.id: group for group in trace.groups}
    found = sorted(pieces(trace), key=lambda piece: piece.submitted_s)
    told = any(piece.retrieved_s is not None for piece in found)
    cut: list[list[Piece]] = []
    for piece in found:
        if not cut or _waited(cut[-1], piece, groups, told=told):
            cut.append([])
        cut[-1].append(piece)
    return tuple(_round(members, groups) for members in cut)


def serial_in_effect(found: Sequence[Round]) -> bool:
    """Every round holds a single piece: one after another, whatever the number of workers."""
    return len(found) > 1 and all(len(each.pieces) == 1 for each in found)


def critical_sections(trace: Trace, members: Iterable[Piece]) -> float:
    """Longest total time (s) for which these pieces held one and the same lock: there they cannot overlap."""
    spans: dict[tuple[int, int], list[Piece]] = {}
    for piece in members:
        spans.setdefault((piece.process, piece.thread), []).append(piece)
    held: dict[int, float] = {}
    for holding in trace.holdings:
        strand = trace.strands[holding.strand]
        start = (holding.acquired_ns - trace.started_ns) / NANOSECONDS
        if holding.released_ns is None or not _inside(spans.get((strand.process, strand.thread), ()), start):
            continue
        length = holding.held_ns / NANOSECONDS
        held[holding.lock] = held.get(holding.lock, 0.0) + length
    return max(held.values(), default=0.0)


def _waited(before: Sequence[Piece], piece: Piece, groups: dict[int, Group], *, told: bool) -> bool:
    moment = piece.submitted_s
    if any(other.finished_s > moment for other in before):
        return False
    if not told:
        return True
    asked = [other.retrieved_s for other in before if other.retrieved_s is not None]
    if asked and max(asked) <= moment:
        return True
    owners = {other.group for other in before}
    if piece.group is None or piece.group in owners or None in owners:
        return False
    return all(groups[owner].joined for owner in owners if owner in groups)


def _round(members: list[Piece], groups: dict[int, Group]) -> Round:
    members.sort(key=lambda piece: piece.started_s)
    owners = {
        piece.group: groups[piece.group] for piece in members if piece.group in groups and piece.group is not None
    }
    threads = bool(owners) and all(group.kind in _THREAD_KINDS for group in owners.values())
    seen = len({(piece.process, piece.thread) for piece in members})
    asked = sum(group.workers for group in owners.values())
    return Round(tuple(members), max(asked, seen), threads)


def _task_piece(trace: Trace, task: Task, waits: dict[tuple[int, int], list[tuple[float, float]]]) -> Piece | None:
    if task.started_ns is None or task.finished_ns is None or task.process is None:
        return None
    started, finished = _seconds(trace, task.started_ns), _seconds(trace, task.finished_ns)
    key = (task.process, task.thread or 0)
    return Piece(
        submitted_s=_seconds(trace, task.submitted_ns),
        started_s=started,
        finished_s=finished,
        process=task.process,
        thread=task.thread or 0,
        cpu_s=task.cpu_ns / NANOSECONDS,
        delay_s=None if task.delay_ns is None else task.delay_ns / NANOSECONDS,
        lock_s=_overlap(waits.get(key, ()), started, finished),
        group=task.group,
        retrieved_s=None if task.retrieved_ns is None else _seconds(trace, task.retrieved_ns),
        bytes=(task.argument_bytes or 0) + (task.result_bytes or 0),
        site=task.submit_site,
    )


def _process_piece(
    trace: Trace, process: Process, waits: dict[tuple[int, int], list[tuple[float, float]]]
) -> Piece | None:
    if process.started_ns is None or process.finished_ns is None:
        return None
    started, finished = _seconds(trace, process.started_ns), _seconds(trace, process.finished_ns)
    delay = getattr(process, "delay_ns", None)
    return Piece(
        submitted_s=_seconds(trace, process.created_ns),
        started_s=started,
        finished_s=finished,
        process=process.index,
        thread=0,
        cpu_s=process.cpu_ns / NANOSECONDS,
        delay_s=None if delay is None else delay / NANOSECONDS,
        lock_s=_overlap(waits.get((process.index, 0), ()), started, finished),
        retrieved_s=None if process.join_called_ns is None else _seconds(trace, process.join_called_ns),
        site=process.start_site,
    )


def _seconds(trace: Trace, moment_ns: int) -> float:
    return (moment_ns - trace.started_ns) / NANOSECONDS


def _lock_waits(trace: Trace) -> dict[tuple[int, int], list[tuple[float, float]]]:
    """Stretches spent waiting for a lock, by (process, thread)."""
    found: dict[tuple[int, int], list[tuple[float, float]]] = {}
    for holding in trace.holdings:
        strand = trace.strands[holding.strand]
        stretch = (_seconds(trace, holding.asked_ns), _seconds(trace, holding.acquired_ns))
        found.setdefault((strand.process, strand.thread), []).append(stretch)
    return found


def _overlap(stretches: Iterable[tuple[float, float]], start: float, end: float) -> float:
    return sum(max(0.0, min(right, end) - max(left, start)) for left, right in stretches)


def _inside(members: Iterable[Piece], moment: float) -> bool:
    return any(piece.started_s <= moment <= piece.finished_s for piece in members)


def gaps(members: Sequence[Piece]) -> list[float]:
    """Idle times between two pieces on one worker while the next piece was already waiting."""
    by_worker: dict[tuple[int, int], list[Piece]] = {}
    for piece in members:
        by_worker.setdefault((piece.process, piece.thread), []).append(piece)
    return [
        later.started_s - earlier.finished_s
        for line in by_worker.values()
        for earlier, later in pairwise(line)
        if later.submitted_s <= earlier.finished_s <= later.started_s
    ]
