"""The watch directory: where the rings of one watched run lie, and who clears it away.

It is made in memory-backed storage where that is large enough, else in the temporary directory. Its name carries the
pid of the process that opened it, so that a later run can clear what a killed one left.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

PREFIX = "parlab-"
SEMAPHORE = "sem."
"""Prefix of the file that a semaphore with a name is, where semaphores are files in shared memory."""
UNRECORDED = ".unrecorded"
"""Suffix of the empty file that a process leaves if it could not make a ring; its stem is the process id."""
SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - this is the place for it, and the name inside is made unguessable
ROOM_WANTED = 96 * 1024 * 1024
"""Free bytes below which memory-backed storage is left to the program under test (64 MB is common in containers,
and the arenas of `multiprocessing` prefer it too)."""


def storage(*, shared_memory: Path = SHARED_MEMORY, wanted: int = ROOM_WANTED) -> Path:
    """Choose the parent of watch directories: shared memory if it has `wanted` bytes free, else a temporary one."""
    try:
        writable = shared_memory.is_dir() and os.access(shared_memory, os.W_OK)
        if writable and shutil.disk_usage(shared_memory).free >= wanted:
            return shared_memory
    except OSError:
        pass
    return Path(tempfile.gettempdir())


def make_directory(parent: Path | None = None) -> Path:
    """Make a fresh private watch directory: in `parent`, or where there is room.

    Raises:
        OSError: Neither shared memory nor the temporary directory can hold one.
    """
    prefix = f"{PREFIX}{os.getpid()}-"
    chosen = parent or storage()
    try:
        return Path(tempfile.mkdtemp(prefix=prefix, dir=chosen))
    except OSError:
        if parent is not None:
            raise
        return Path(tempfile.mkdtemp(prefix=prefix))


def remove_directory(directory: Path) -> None:
    """Remove a watch directory and everything in it; nothing happens if it is gone already.

    It is renamed first: a process that still records could otherwise make a file while the others are removed, and
    the directory would stay.
    """
    doomed = directory.with_name(f"{directory.name}-over")
    try:
        directory.rename(doomed)
    except OSError:  # gone, or a system that renames nothing that is in use
        doomed = directory
    shutil.rmtree(doomed, ignore_errors=True)


def clear_stale(parents: tuple[Path, ...] | None = None, *, alive: Callable[[int], bool]) -> list[Path]:
    """Remove the watch directories, and semaphores with names, whose maker was killed before it could clear up.

    Args:
        parents: Where to look; by default shared memory and the temporary directory.
        alive: Tells whether a process id is in use.

    Returns:
        What was removed.
    """
    removed = []
    for parent in parents or (SHARED_MEMORY, Path(tempfile.gettempdir())):
        for directory in parent.glob(f"{PREFIX}*-*"):
            pid = directory.name.removeprefix(PREFIX).partition("-")[0]
            if pid.isdecimal() and not alive(int(pid)) and directory.is_dir():
                remove_directory(directory)
                if not directory.exists():
                    removed.append(directory)
        for semaphore in parent.glob(f"{SEMAPHORE}{PREFIX}*-*"):
            pid = semaphore.name.removeprefix(SEMAPHORE + PREFIX).partition("-")[0]
            if pid.isdecimal() and not alive(int(pid)):
                semaphore.unlink(missing_ok=True)
                removed.append(semaphore)
    return removed
