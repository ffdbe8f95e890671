"""What it takes to make a trace of a recording and to look for races in it.

``python -m tests.benchmarks.merging NAME`` does that for one program of ten million accesses and prints its peak.
"""

from __future__ import annotations

import json
import math
import multiprocessing
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pytest_parlab.analysis.races import find_races
from pytest_parlab.instrument import watching
from pytest_parlab.trace.merge import merge
from pytest_parlab.trace.recording import read_recordings
from pytest_parlab.trace.records import RECORD
from tests.benchmarks.side_by_side import Line, python

WORKERS = 2
CELLS = 4000
SWEEPS = 15
ROUNDS = 3
LEAST_RATE = 300_000
MOST_BYTES = 24
MILLIONS = 10
PER_TURN = 3
"""Accesses of one ``array[i] += array[i - 1]``."""


def _sweep(array: Any, part: int, times: int, barrier: Any) -> None:
    """Add to each cell the one before it, in a part of an array of one's own."""
    size = len(array) // WORKERS
    for _ in range(times):
        for i in range(part * size + 1, (part + 1) * size):
            array[i] += array[i - 1]
        barrier.wait()


def _sweep_all(array: Any, part: int, times: int, barrier: Any) -> None:
    """The same in the whole array at once with the others: every cell is raced for."""
    for _ in range(times):
        barrier.wait()
        for i in range(1, len(array)):
            array[i] += array[i - 1]


def _count(array: Any, part: int, times: int, barrier: Any) -> None:
    """Add to one cell, very often."""
    barrier.wait()
    for _ in range(times * (len(array) - 1)):
        array[1] += array[0]


PROGRAMS = {"sweeps": _sweep, "racing sweeps": _sweep_all, "one counter": _count}


def _accesses(name: str) -> int:
    """How many accesses a program makes in each of its sweeps, in all its processes."""
    return PER_TURN * (CELLS - WORKERS if name == "sweeps" else WORKERS * (CELLS - 1))


def _record(name: str, directory: Path | None, times: int) -> Any:
    context = multiprocessing.get_context("fork")
    array, barrier = context.Array("d", CELLS), context.Barrier(WORKERS)
    with watching(directory) as watch:
        works = [(PROGRAMS[name], (array, part, times, barrier)) for part in range(WORKERS)]
        processes = [context.Process(target=target, args=args) for target, args in works]
        for process in processes:
            process.start()
        for process in processes:
            process.join()
    return watch.trace


def rates() -> Iterator[Line]:
    """Events that are merged and analysed per second of CPU time."""
    for name in ("sweeps", "racing sweeps"):
        with tempfile.TemporaryDirectory() as folder:
            directory = Path(folder)
            _record(name, directory, SWEEPS)
            events = sum(len(recording.events) for recording in read_recordings(directory)[0])
            merging, analysing = min((_timed(directory) for _ in range(ROUNDS)), key=sum)
        rate = events / (merging + analysing)
        yield Line(
            f"{name + ':':15} {events} events: merge {events / merging:9,.0f}/s, "
            f"analysis {events / analysing:9,.0f}/s, both {rate:9,.0f}/s (promised: at least {LEAST_RATE:,})",
            kept=rate >= LEAST_RATE,
        )


def _timed(directory: Path) -> tuple[float, float]:
    began = time.process_time()
    trace = merge(directory)
    merged = time.process_time()
    find_races(trace)
    return merged - began, time.process_time() - merged


def sizes() -> Iterator[Line]:
    """Bytes that are written for an access."""
    yield Line(
        f"bytes per event before folding: {RECORD.size} (promised: {MOST_BYTES})", kept=RECORD.size <= MOST_BYTES
    )
    for name in ("sweeps", "one counter"):
        with tempfile.TemporaryDirectory() as folder:
            directory = Path(folder)
            _record(name, directory, SWEEPS)
            events = sum(len(recording.events) for recording in read_recordings(directory)[0])
        each = events * RECORD.size / (SWEEPS * _accesses(name))
        yield Line(f"bytes per access after folding, {name}: {each:.3f}")


def memory() -> Iterator[Line]:
    """Peak memory of a run of ten million accesses, from its recording to its races."""
    for name in ("one counter", "sweeps"):
        told = json.loads(python("-m", "tests.benchmarks.merging", name))
        yield Line(
            f"{MILLIONS} million accesses, {name}: {told['seconds']:.0f} s, {told['accesses']} in the trace"
            f"{', truncated' if told['truncated'] else ''}; peak {told['merging_mb']} MB where it was merged and "
            f"analysed, {told['recorded_mb']} MB in a recorded process"
        )


def main(name: str) -> None:
    """Record one program of ten million accesses, find its races, and tell what that took."""
    began = time.perf_counter()
    trace = _record(name, None, math.ceil(MILLIONS * 1e6 / _accesses(name)))
    find_races(trace)
    told = {
        "seconds": time.perf_counter() - began,
        "accesses": len(trace.accesses),
        "truncated": trace.truncated,
        "merging_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "recorded_mb": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024,
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main(sys.argv[1])
