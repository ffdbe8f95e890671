"""Tests of CPython's that may come out differently under a watch, each with the reason."""

from __future__ import annotations

EXCEPTIONS: dict[str, str] = {
    "WithThreadsTestPool.test_terminate": (
        "before 3.13 it waits 300 s for a task if one has begun before the pool is told to end; one has in half of "
        "all runs without hooks, too, if threads are switched often"
    ),
}
"""The end of a test's name to why it may come out differently."""
