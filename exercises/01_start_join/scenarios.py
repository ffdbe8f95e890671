"""What the tests let `run_together` do. This file runs beside your module, in the same process."""

from __future__ import annotations

import os
import sys
import time
from multiprocessing import Array
from typing import Any


def note_process_id(process_ids: Any, place: int) -> None:
    """Compute for a moment, then leave the id of the process that did it in `process_ids`."""
    sum(number * number for number in range(500_000))
    process_ids[place] = os.getpid()


def work_for(seconds: float) -> None:
    """Stay alive for some `seconds`."""
    time.sleep(seconds)


def return_at_once(*_: object) -> None:
    """Take any number of arguments and return."""


def end(how: str) -> None:
    """End as `how` says: by returning, by raising, or with an exit code."""
    if how == "raise":
        raise ValueError("this job fails on purpose")
    if how == "exit 3":
        sys.exit(3)
    if how == "exit at once with 7":
        os._exit(7)


def note_process_ids(module: Any, count: int) -> tuple[list[int], list[int], int]:
    """Run `count` jobs: their exit codes, the ids of the processes that ran them, and our own process id."""
    process_ids = Array("q", count)
    exit_codes = module.run_together(note_process_id, [(process_ids, place) for place in range(count)])
    return list(exit_codes), list(process_ids[:]), os.getpid()


def work_a_little(module: Any, seconds: list[float]) -> list[int]:
    """Run one job for each entry of `seconds`, which lasts that long."""
    return list(module.run_together(work_for, [(duration,) for duration in seconds]))


def different_arguments(module: Any, arguments: list[tuple[object, ...]]) -> list[int]:
    """Run one job for each tuple of `arguments`."""
    return list(module.run_together(return_at_once, arguments))


def meet(module: Any, count: int) -> list[int]:
    """Run `count` jobs; while a test waits for a meeting, each process goes there before it runs its job."""
    return list(module.run_together(return_at_once, [(number,) for number in range(count)]))


def end_in_different_ways(module: Any, ways: list[str]) -> list[int]:
    """Run one job for each entry of `ways`, which ends in that way."""
    return list(module.run_together(end, [(way,) for way in ways]))
