"""For all tests: pytester, for those that run pytest themselves, and the check that none of them leaves anything."""

from __future__ import annotations

import gc
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pytest_parlab.machine.tree import Watcher
from pytest_parlab.trace.session import SHARED_MEMORY

pytest_plugins = ["pytester"]

PATIENCE_S = 5.0
"""How long something that is ending may take on a busy machine before it counts as left behind."""


def folders_of_ours() -> set[Path]:
    """The watch and host folders that this process has made and not removed."""
    places = (SHARED_MEMORY, Path(tempfile.gettempdir()))
    names = (f"parlab-{os.getpid()}-*", f"parlab-host-{os.getpid()}-*")
    return {path for place in places for name in names for path in place.glob(name)}


def semaphores() -> set[str]:
    """The named semaphores and shared memory blocks of multiprocessing, where the system shows them."""
    if not SHARED_MEMORY.is_dir():
        return set()
    return {path.name for path in SHARED_MEMORY.iterdir() if path.name.startswith(("sem.mp-", "psm_"))}


def settled(look: Callable[[], object]) -> bool:
    """Tell whether nothing is there to see, at once or when what is about to end has ended."""
    if not look():
        return True
    gc.collect()  # what a kept traceback holds on to goes with it
    end = time.monotonic() + PATIENCE_S
    while look() and time.monotonic() < end:
        time.sleep(0.02)
    return not look()


@pytest.fixture(autouse=True)
def nothing_is_left() -> Iterator[None]:
    """After every test, whatever became of it: no process, no folder, no semaphore and no shared memory of ours."""
    folders, shared = folders_of_ours(), semaphores()
    with Watcher() as watcher:
        yield
    assert settled(watcher.left), watcher.left()
    assert settled(lambda: folders_of_ours() - folders), folders_of_ours() - folders
    assert settled(lambda: semaphores() - shared), semaphores() - shared
