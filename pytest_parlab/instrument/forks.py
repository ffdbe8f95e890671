"""What a fork does to the recording: the child writes to rings of its own, and is ordered after its fork.

Before a fork the parent makes ready everything that the child needs, so that the child has next to nothing to do.
"""

from __future__ import annotations

import itertools
import os
import threading
from pathlib import Path
from threading import get_ident
from typing import Any

from pytest_parlab.instrument import recorder
from pytest_parlab.instrument.sinks import leave_note
from pytest_parlab.instrument.strands import LiveStrand
from pytest_parlab.trace.counters import PROCESS_LIMIT
from pytest_parlab.trace.records import WRITER_MASK, Kind, now_ns

_forking = threading.local()


class OwnLock:
    """A recursive lock that nobody holds in a forked child, whichever thread of its parent held it at the fork.

    Nothing has to be done for that in the child.
    """

    def __init__(self) -> None:
        self._of_process: dict[int, Any] = {}

    def __enter__(self) -> None:
        self._of_process.setdefault(os.getpid(), threading.RLock()).acquire()

    def __exit__(self, *_: object) -> None:
        self._of_process[os.getpid()].release()


def starts_with(token: int, who: int) -> None:
    """The next fork of the calling thread is the start of a process that has been recorded, under this token."""
    _forking.start = (token, who)


def _before() -> None:
    record = recorder.active
    if record is not None:
        token, who = getattr(_forking, "start", (0, 0))
        if token:
            _forking.start = (0, 0)
        else:
            token = record.new_id()
            record.write(Kind.PROCESS_START, token, now_ns(), record.caller())
        _prepare(record, token, who)


def _prepare(record: recorder.Recorder, token: int, who: int) -> None:
    """Make ready what the recorder of a child is that the calling thread is about to fork.

    Nothing of it is left for the child to do, or for the parent afterwards: until the child has ended, every page of
    memory that either of them writes to is copied first, and looking at a Python object writes to it.
    """
    strand, ident = record.here(), get_ident()
    sinks, lost = [], []
    for sink in record.sinks:
        try:
            sinks.append(sink.for_child(token, strand.number, who))
        except OSError:  # the watch is over, or the disk is full: the child runs unrecorded
            lost.append(sink.directory)
    if lost and who:
        record.describe("child", token, who=who)
    index = sinks[0].index if sinks else record.index
    own = LiveStrand(0, index)
    parents = vars(record)
    record._children[ident] = {
        **parents,
        "sinks": sinks,
        "index": index,
        "writer": 1 + (index + 1 & WRITER_MASK),
        "lone": own,
        "_strands": {ident: own},
        "_next_thread": itertools.count(1).__next__,
        "_contexts": {},
        "_seen": {},
        "_appends": [sink.append for sink in sinks],
        "_describing": threading.RLock(),
        "_signalling": threading.RLock(),
        "_slot_lock": threading.RLock(),
        "_cpu_ns": 0,
        "_children": {},
        "_lost": lost,
        "_parents": parents,  # to let go of it would be work, and close descriptors that may be others' by then
    }


def _after_in_child() -> None:
    record = recorder.active
    if record is None:
        return
    record.__dict__ = vars(record)["_children"][get_ident()]
    record.pid = pid = os.getpid()
    record.counters.index = record.index
    record.counters.own_slot = vars(record)["_slot_lock"]
    for append in record._appends:
        append(pid, now_ns(), Kind.PROCESS_BEGIN)
    if record.index >= PROCESS_LIMIT:
        record.not_counted()
    lost: list[Path] = vars(record)["_lost"]
    if lost:
        leave_note(tuple(directory for directory in lost if directory.is_dir()))
    if not record.sinks:
        recorder.active = None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before, after_in_child=_after_in_child)
