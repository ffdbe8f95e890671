"""Opening and closing a watch: hooks in, record, hooks out, merge.

```
watching() in the test's process        children, however they are started
  hooks installed, ring opened   ---->    fork: a ring of its own, before any other code runs
  ... the code under test ...    ---->    spawn, forkserver: hooks arrive with the start-up data (carrier)
  ring closed, hooks removed
  all rings merged -> Trace
```
"""

from __future__ import annotations

import os
import tempfile
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from pytest_parlab.instrument import (
    barriers,
    blind_spots,
    carrier,
    conditions,
    critical_sections,
    endings,
    events,
    executors,
    joinable,
    locks,
    managers,
    pipes,
    pool_results,
    pools,
    processes,
    queues,
    raw_memory,
    recorder,
    shareable_lists,
    shared_memory,
    thread_queues,
    thread_signals,
    threads,
)
from pytest_parlab.instrument.forks import OwnLock
from pytest_parlab.instrument.patches import Patches
from pytest_parlab.instrument.sinks import leave_note
from pytest_parlab.trace.records import now_ns
from pytest_parlab.trace.ring import RING
from pytest_parlab.trace.session import make_directory, remove_directory

if TYPE_CHECKING:  # spawned children import this module and merge nothing
    from pytest_parlab.trace.model import Trace
    from pytest_parlab.trace.recording import Rename

_PARTS = (
    processes,
    endings,
    threads,
    thread_signals,
    thread_queues,
    locks,
    critical_sections,
    conditions,
    events,
    barriers,
    joinable,
    shared_memory,
    raw_memory,
    shareable_lists,
    blind_spots,
    queues,
    pipes,
    managers,
    pools,
    pool_results,
    executors,
    carrier,
)

REMOVED = "the recording was removed while it was written"
"""What a trace says if the program deleted the files that it was recorded in."""

_patches = Patches()
_ended: dict[Path, bool] = {}
"""Directories whose watch has ended while they were still needed, and whether they are ours to remove."""
_installing = OwnLock()
"""Held by whoever opens or closes a watch in this process."""


def join_watches(directories: tuple[Path, ...]) -> None:
    """Record this process into watches that are open already; called in hosts and in spawned children.

    A watch that is over by now is left alone: the process then runs unrecorded. One that has no room gets a note.
    """
    with _installing:
        live = tuple(directory for directory in directories if directory.is_dir())
        try:
            _record_into(live)
        except OSError:
            leave_note(live)
        _install()  # even if nothing is recorded: what arrives here was made by hooks


def _record_into(directories: tuple[Path, ...]) -> None:
    active = recorder.active
    if active is not None and active.pid == os.getpid():
        for directory in directories:
            _ended.pop(directory, None)
            if directory not in active.directories:
                active.open_sink(directory)
    elif directories:
        recorder.active = recorder.Recorder(directories)


def _index_in(directory: Path) -> int:
    sinks = [] if recorder.active is None else recorder.active.sinks
    return next(sink.index for sink in sinks if sink.directory == directory)


def _install() -> None:
    if not _patches.replaced:
        for part in _PARTS:
            part.install(_patches)


def _leave(directory: Path, *, ours: bool) -> list[Path]:
    """Stop recording into a directory; returns the directories of ours that nobody needs any more.

    Tickets and tallies lie in the outermost: if its watch ends before another one, it is kept until that one ends.
    """
    with _installing:
        active = recorder.active
        if active is None or active.pid != os.getpid():
            return [directory] if ours else []
        _ended[directory] = ours
        going_on = any(sink.directory not in _ended for sink in active.sinks)
        if going_on and active.directories[0] == directory:
            active.close_sink(directory, keep=True)
            return []
        over = [directory] if going_on else [one for one in active.directories if one in _ended]
        for one in over:
            active.close_sink(one)
        if not active.sinks:
            recorder.active = None
            _patches.undo()
        return [one for one in over if _ended.pop(one)]


class Watch:
    """Records everything that the block, and every process started in it, does with the hooked libraries.

    Args:
        directory: An existing directory to record into, left in place afterwards; by default a private one that is
            removed at the end.
        rename: Turns recorded source paths into those that the user knows.

    Raises:
        OSError: Nowhere is there room for a recording.
    """

    def __init__(self, directory: Path | None = None, *, rename: Rename = str) -> None:
        self._given = directory
        self._rename = rename
        self.directory = directory or Path()
        self._trace: Trace | None = None
        self._started_ns = 0
        self._pid = 0
        self._ring = Path()

    @property
    def trace(self) -> Trace:
        """The merged trace once the block has ended; an empty one before."""
        if self._trace is None:
            from pytest_parlab.trace.model import Trace  # noqa: PLC0415 - see above

            return Trace(0, 0)
        return self._trace

    def __enter__(self) -> Self:
        self._pid = os.getpid()
        self._started_ns = now_ns()
        with _installing:
            self.directory = make_directory() if self._given is None else self._given.absolute()
            try:
                _record_into((self.directory,))
            except OSError:
                if self._given is not None:
                    raise
                remove_directory(self.directory)  # shared memory filled up meanwhile, say
                self.directory = make_directory(Path(tempfile.gettempdir()))
                try:
                    _record_into((self.directory,))
                except OSError:
                    remove_directory(self.directory)
                    raise
            self._ring = self.directory / f"{_index_in(self.directory)}{RING}"
            _install()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if os.getpid() != self._pid:
            return  # a child that was forked by hand leaves its parent's block
        needless = _leave(self.directory, ours=self._given is None)
        from pytest_parlab.trace.merge import merge  # noqa: PLC0415 - see above

        try:
            there = self._ring.exists()
            trace = merge(self.directory, started_ns=self._started_ns, rename=self._rename)
            self._trace = trace if there else replace(trace, problems=(REMOVED, *trace.problems))
        finally:
            for directory in needless:
                remove_directory(directory)


def watching(directory: Path | None = None, *, rename: Rename = str) -> Watch:
    """Open a watch for a block of code; its `Watch.trace` is there once the block has ended."""
    return Watch(directory, rename=rename)
