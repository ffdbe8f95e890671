"""Numbered moments of things, told by the one side and known to be over by the other: what most edges are made of.

A thing has a number that is unique in the watch. Things that live in one process only (a `threading.Event`, say) get
theirs here, a new one in every process and watch, for after a fork there are two of them.
"""

from __future__ import annotations

import sys
import threading
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

from pytest_parlab.instrument import recorder
from pytest_parlab.instrument.forks import OwnLock
from pytest_parlab.trace.records import Kind

_OWN = str(Path(__file__).parent)
_making = OwnLock()


def release(record: recorder.Recorder, thing: int, number: int, site: int = 0) -> None:
    """Record a moment that others may come to know of; call it before they can."""
    record.write(Kind.RELEASE, thing, number, site)


class _Known(threading.local):
    """What the calling thread knows to be over, in the watch that was opened last: thing to number.

    It refers to nothing that is open, for threads live longer than watches.
    """

    def __init__(self) -> None:
        self.watch: tuple[Path, int] | None = None
        self.numbers: dict[int, int] = {}

    def of(self, record: recorder.Recorder) -> dict[int, int]:
        """The numbers; none yet in a watch that was opened since, or in a process that was forked since."""
        watch = (record.sinks[-1].directory, record.pid) if record.sinks else None
        if watch != self.watch:
            self.watch, self.numbers = watch, {}
        return self.numbers


_known = _Known()


def acquired(record: recorder.Recorder, thing: int, number: int) -> None:
    """Record that the calling thread knows a moment to be over: once, for a loop may go on asking."""
    known = _known.of(record)
    if known.get(thing) != number:
        known[thing] = number
        record.write(Kind.ACQUIRE, thing, number)


class Local:
    """What the hooks keep of an object that lives in one process.

    Attributes:
        thing: Its number.
        count: How many moments it has had.
    """

    __slots__ = ("__dict__", "_owner", "count", "thing")

    def __init__(self, record: recorder.Recorder) -> None:
        self._owner = (record.session, record.pid)
        self.thing = record.new_id()
        self.count = 0

    def belongs_to(self, record: recorder.Recorder) -> bool:
        """Tell whether this was noted in this process and watch."""
        return self._owner == (record.session, record.pid)


def local_of(thing: Any, record: recorder.Recorder, make: type[Local] = Local) -> Any:
    """What is kept of an object, made anew in every process and watch."""
    kept = vars(thing).get("_parlab_local")
    if kept is not None and kept.belongs_to(record):
        return kept
    with _making:
        kept = vars(thing).get("_parlab_local")
        if kept is None or not kept.belongs_to(record):
            kept = thing._parlab_local = make(record)
        return kept


def used_by_user(record: recorder.Recorder, through: frozenset[CodeType] = frozenset()) -> bool:
    """Tell whether the hook that asks was reached from the user's own code.

    Args:
        record: The recorder.
        through: Functions of the library that only pass the user's call on.
    """
    frame: FrameType | None = sys._getframe(2)
    while frame is not None and (frame.f_code in through or frame.f_code.co_filename.startswith(_OWN)):
        frame = frame.f_back
    return frame is not None and not record.sites.is_library(frame.f_code)
