"""What a fork does to the recording: the child writes to rings of its own, and is ordered after its fork."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable

from pytest_parlab.instrument import recorder
from pytest_parlab.instrument.sinks import leave_note
from pytest_parlab.trace.records import Kind, now_ns

_forking = threading.local()
_resets: list[Callable[[], None]] = []


def in_every_child(reset: Callable[[], None]) -> Callable[[], None]:
    """Have `reset` called in every forked child: state of the forking thread that means nothing there."""
    _resets.append(reset)
    return reset


def _before() -> None:
    record = recorder.active
    _forking.token = 0
    if record is not None:
        _forking.token = record.new_id()
        record.write(Kind.PROCESS_START, _forking.token, now_ns(), record.caller())


def _after_in_child() -> None:
    for reset in _resets:
        reset()
    inherited = recorder.active
    if inherited is None:
        return
    inherited.close()
    directories = tuple(directory for directory in inherited.directories if directory.is_dir())
    try:
        recorder.active = recorder.Recorder(directories, fork=getattr(_forking, "token", 0))
    except OSError:  # the watch is over, or the disk is full: the child runs unrecorded
        recorder.active = None
        leave_note(directories)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before, after_in_child=_after_in_child)
