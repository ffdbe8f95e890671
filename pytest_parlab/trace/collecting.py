"""Millions of facts and no garbage among them: looking for some would take much of the time."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def no_garbage_collection() -> Iterator[None]:
    """Let the garbage collector rest in this block, if it is at work."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            if not gc.get_freeze_count():  # what was made is old at once, and not looked through the next moment
                gc.freeze()
                gc.unfreeze()
            gc.enable()
