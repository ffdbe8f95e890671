"""The processes of a trace: what each recorded of itself, joined with what its parent recorded of it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any, Literal, cast

from pytest_parlab.trace.model import Process, Site
from pytest_parlab.trace.recording import Recording
from pytest_parlab.trace.records import MASK_32, Kind

Role = Literal["main", "process", "worker", "helper"]


@dataclass(slots=True)
class _SeenByParent:
    """What the parent recorded of one child."""

    created_ns: int = 0
    start_site: Site | None = None
    join_called_ns: int | None = None
    join_site: Site | None = None
    joined_ns: int | None = None
    exit_code: int | None = None
    exit_code_read: bool = False


def index_by_pid(recordings: list[Recording]) -> dict[int, int]:
    """Pid to process index, for every process that has a ring."""
    return {recording.process["pid"]: recording.index for recording in recordings if recording.process}


def births(recordings: list[Recording]) -> dict[int, tuple[int, int]]:
    """Process index to the (parent index, token) of the ``start`` call that made it."""
    found: dict[int, tuple[int, int]] = {}
    indexes = index_by_pid(recordings)
    for recording in recordings:
        for event in recording.rare_events:
            if event.kind == Kind.PROCESS_STARTED and event.payload in indexes:
                found[indexes[event.payload]] = (recording.index, event.subject)
    for recording in recordings:  # a child forked by hand
        parent, token = indexes.get(recording.process.get("parent_pid", 0)), recording.process.get("fork", 0)
        if parent is not None and token:
            found.setdefault(recording.index, (parent, token))
    return found


def processes_of(recordings: list[Recording]) -> list[Process]:
    """Every process that recorded something, then those that only their parent knows of."""
    indexes = index_by_pid(recordings)
    seen: dict[int, _SeenByParent] = defaultdict(_SeenByParent)
    children: dict[int, tuple[int, dict[str, Any]]] = {}
    for recording in recordings:
        _collect(recording, seen)
        for pid, facts in recording.described("child").items():
            children[pid] = (recording.index, facts)
    processes = [_own(recording, children, seen, indexes) for recording in recordings]
    for pid, (parent, facts) in children.items():
        if pid not in indexes:
            processes.append(_build(len(processes), pid, parent, facts, seen[pid]))
    return processes


def _collect(recording: Recording, seen: dict[int, _SeenByParent]) -> None:
    started: dict[int, tuple[int, Site | None]] = {}
    for event in recording.rare_events:
        match event.kind:
            case Kind.PROCESS_START:
                started[event.subject] = (event.payload, recording.site(event.site))
            case Kind.PROCESS_STARTED:
                child = seen[event.payload]
                child.created_ns, child.start_site = started.get(event.subject, (0, None))
            case Kind.JOIN_CALLED if seen[event.subject].join_called_ns is None and event.site:
                seen[event.subject].join_called_ns = event.payload
                seen[event.subject].join_site = recording.site(event.site)
            case Kind.END_SEEN:
                child = seen[event.subject & MASK_32]
                code = event.subject >> 32 & 0xFFFF
                child.exit_code = code - 0x10000 if code & 0x8000 else code
                if event.site and child.joined_ns is None:
                    child.joined_ns = event.payload
            case Kind.EXIT_CODE_READ:
                seen[event.subject].exit_code_read = True


def _own(
    recording: Recording,
    children: dict[int, tuple[int, dict[str, Any]]],
    seen: dict[int, _SeenByParent],
    indexes: dict[int, int],
) -> Process:
    own = recording.process
    pid = int(own.get("pid", 0))
    times = [event.payload for event in recording.events if event.kind in _TIMED]
    ends = [event for event in recording.rare_events if event.kind == Kind.PROCESS_END]
    errors = recording.described("process-error").values()
    parent, facts = children.get(pid, (indexes.get(int(own.get("parent_pid", 0))), {}))
    if recording.index == 0:
        parent = None
    if not facts:
        facts = {"name": own.get("name", ""), "role": "main" if recording.index == 0 else "helper"}
    return _build(
        recording.index,
        pid,
        parent,
        facts,
        seen[pid],
        started_ns=min(times, default=None),
        finished_ns=max(times, default=None),
        ended=bool(ends),
        cpu_ns=ends[-1].subject if ends else 0,
        error=next((str(error["text"]) for error in errors), ""),
    )


def _build(
    index: int, pid: int, parent: int | None, facts: dict[str, Any], seen: _SeenByParent, **own: Any
) -> Process:
    return Process(
        index=index,
        pid=pid,
        parent=parent,
        name=str(facts.get("name", "")),
        target=str(facts.get("target", "")),
        role=cast("Role", facts.get("role", "process")),
        start_method=str(facts.get("method", "")),
        created_ns=seen.created_ns or own.get("started_ns") or 0,
        exit_code=seen.exit_code,
        joined_ns=seen.joined_ns,
        join_called_ns=seen.join_called_ns,
        exit_code_read=seen.exit_code_read,
        start_site=seen.start_site,
        join_site=seen.join_site,
        **own,
    )


_TIMED = frozenset(
    {
        Kind.PROCESS_BEGIN,
        Kind.PROCESS_END,
        Kind.PROCESS_START,
        Kind.JOIN_CALLED,
        Kind.END_SEEN,
        Kind.THREAD_BEGIN,
        Kind.THREAD_END,
        Kind.LOCK_ASKED,
        Kind.LOCK_LEFT,
        Kind.DEPTH,
        Kind.TASK_START,
        Kind.TASK_END,
        Kind.RESULT_ASKED,
        Kind.RESULT_GOT,
    }
)
"""Kinds whose payload is a time of the process's own doing."""
