"""The processes of a trace: what each recorded of itself, joined with what its parent recorded of it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any, Literal, cast

from pytest_parlab.trace.model import Process, Site
from pytest_parlab.trace.recording import Recording
from pytest_parlab.trace.records import MASK_32, Event, Kind

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
    """Process index to the (parent index, token) of the ``start`` call or the fork that made it."""
    found: dict[int, tuple[int, int]] = {}
    indexes = index_by_pid(recordings)
    for recording in recordings:
        origin = recording.origin
        if origin is not None and origin.parent is not None and origin.parent < len(recordings):
            found[recording.index] = (origin.parent, origin.token)
        for event in recording.rare_events:
            if event.kind == Kind.PROCESS_STARTED and event.payload in indexes:
                found[indexes[event.payload]] = (recording.index, event.subject)
    return found


def processes_of(recordings: list[Recording]) -> list[Process]:
    """Every process that recorded something, then those that only their parent knows of."""
    indexes = index_by_pid(recordings)
    born = births(recordings)
    pids = {event.subject: event.payload for one in recordings for event in one.rare_events if _is_started(event)}
    for index, (_, token) in born.items():
        pids.setdefault(token, recordings[index].process.get("pid", -token))  # it has not come to say so yet
    seen: dict[int, _SeenByParent] = defaultdict(_SeenByParent)
    for recording in recordings:
        _collect(recording, seen, pids)
    processes = []
    for recording in recordings:
        parent, token = born.get(recording.index, (indexes.get(recording.process.get("parent_pid", 0)), 0))
        facts = None if parent is None else _as_told(recordings[parent], recording, token)
        pid = int(recording.process.get("pid", 0)) or pids.get(token, -token)
        processes.append(_own(recording, pid, parent, facts, seen))
    known = {token for _, token in born.values()}
    for recording in recordings:
        for token in recording.described("child"):
            if token not in known:
                pid, facts = pids.get(token, -token), recording.child(token) or {}
                processes.append(_build(len(processes), pid, recording.index, facts, seen[pid]))
    return processes


def _as_told(parent: Recording, child: Recording, token: int) -> dict[str, Any] | None:
    """What a parent said of a child: before its fork in the header of the child's ring, else among its names."""
    who = 0 if child.origin is None else child.origin.who
    return parent.unpacked(who) if who else parent.child(token)


def _is_started(event: Event) -> bool:
    return event.kind == Kind.PROCESS_STARTED


def _collect(recording: Recording, seen: dict[int, _SeenByParent], pids: dict[int, int]) -> None:
    """Note what a process recorded of its children, whose pids are known by the token of their start."""
    for event in recording.rare_events:
        match event.kind:
            case Kind.PROCESS_START:
                child = seen[pids.get(event.subject, -event.subject)]
                child.created_ns, child.start_site = event.payload, recording.site(event.site)
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
    recording: Recording, pid: int, parent: int | None, facts: dict[str, Any] | None, seen: dict[int, _SeenByParent]
) -> Process:
    own = recording.process
    times = [event.payload for event in recording.events if event.kind in _TIMED]
    ends = [event for event in recording.rare_events if event.kind == Kind.PROCESS_END]
    errors = recording.described("process-error").values()
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
        pid=max(pid, 0),
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
