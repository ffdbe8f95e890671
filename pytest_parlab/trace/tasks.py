"""The tasks of a trace, and the pools and executors that ran them, put together from their events."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, cast

from pytest_parlab.trace.model import Group, Site, Task
from pytest_parlab.trace.recording import Recording
from pytest_parlab.trace.records import MASK_32, Kind

GroupKind = Literal["pool", "thread-pool", "process", "thread"]


@dataclass(slots=True)
class _Call:
    group: int = 0
    submitted_ns: int = 0
    submit_site: Site | None = None
    retrieved_ns: int | None = None
    retrieve_site: Site | None = None


@dataclass(slots=True)
class _Work:
    function: str = ""
    items: int = 1
    started_ns: int | None = None
    finished_ns: int | None = None
    process: int | None = None
    thread: int | None = None
    cpu_ns: int = 0
    delay_ns: int | None = None
    argument_bytes: int | None = None
    error: str = ""


def tasks_of(recordings: list[Recording]) -> Iterator[Task]:
    """Every task that was handed to a pool or an executor, in the order of the calls that made them."""
    calls: dict[int, _Call] = {}
    works: dict[int, _Work] = {}
    for recording in recordings:
        _collect(recording, calls, works)
    tasks = []
    for identity, work in works.items():
        call = calls.get(identity & MASK_32)
        if call is None:  # its submission was overwritten or happened before the watch
            continue
        tasks.append(_task(identity, call, work))
    return iter(sorted(tasks, key=lambda task: (task.submitted_ns, task.id & MASK_32, task.id)))


def _task(identity: int, call: _Call, work: _Work) -> Task:
    return Task(
        id=identity,
        group=call.group,
        call=identity & MASK_32,
        function=work.function,
        items=work.items,
        submitted_ns=call.submitted_ns,
        started_ns=work.started_ns,
        finished_ns=work.finished_ns,
        process=work.process,
        thread=work.thread,
        cpu_ns=work.cpu_ns,
        delay_ns=work.delay_ns,
        argument_bytes=work.argument_bytes,
        error=work.error,
        submit_site=call.submit_site,
        retrieved_ns=call.retrieved_ns,
        retrieve_site=call.retrieve_site,
    )


def _collect(recording: Recording, calls: dict[int, _Call], works: dict[int, _Work]) -> None:
    for event in recording.rare_events:
        match event.kind:
            case Kind.CALL_SUBMITTED:
                call = calls.setdefault(event.subject, _Call())
                call.submitted_ns, call.submit_site = event.payload, recording.site(event.site)
            case Kind.CALL_GROUP:
                calls.setdefault(event.subject, _Call()).group = event.payload
            case Kind.RESULT_ASKED:
                call = calls.setdefault(event.subject & MASK_32, _Call())
                if call.retrieved_ns is None:
                    call.retrieved_ns, call.retrieve_site = event.payload, recording.site(event.site)
            case Kind.TASK_FUNCTION:
                work = works.setdefault(event.subject, _Work())
                work.function, work.items = recording.text(event.payload & MASK_32), event.payload >> 32
            case Kind.TASK_BYTES:
                works.setdefault(event.subject, _Work()).argument_bytes = event.payload
            case Kind.TASK_START:
                work = works.setdefault(event.subject, _Work())
                work.started_ns, work.process, work.thread = event.payload, recording.index, event.thread
            case Kind.TASK_END:
                works.setdefault(event.subject, _Work()).finished_ns = event.payload
            case Kind.TASK_CPU:
                works.setdefault(event.subject, _Work()).cpu_ns = event.payload
            case Kind.TASK_DELAY:
                works.setdefault(event.subject, _Work()).delay_ns = event.payload
            case Kind.TASK_ERROR:
                works.setdefault(event.subject, _Work()).error = recording.text(event.payload)


def groups_of(recordings: list[Recording]) -> Iterator[Group]:
    """Every pool and executor that was created while the watch was open."""
    for recording in recordings:
        closed = {event.subject for event in recording.rare_events if event.kind == Kind.GROUP_CLOSED}
        joined = {event.subject for event in recording.rare_events if event.kind == Kind.GROUP_JOINED}
        for event in recording.rare_events:
            if event.kind == Kind.GROUP_CREATED:
                facts = recording.described("group").get(event.subject, {})
                yield Group(
                    id=event.subject,
                    kind=cast("GroupKind", facts.get("kind", "pool")),
                    workers=int(facts.get("workers", 0)),
                    process=recording.index,
                    created_ns=event.payload,
                    site=recording.site(event.site),
                    closed=event.subject in closed,
                    joined=event.subject in joined,
                )
