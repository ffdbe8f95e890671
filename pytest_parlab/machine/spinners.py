"""Processes that only spin, started and stopped together: what the machine gives to n of them at once.

::

    this process --"begin end" (monotonic ns)--> spinner 1 .. n     a fresh isolated interpreter each
                 <------- loops finished -------                    ends when its input is closed

Every spinner gets the same moment to begin and to end on the machine's one monotonic clock, so that all of them
overlap for exactly the time that is counted.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack

from pytest_parlab.machine.helpers import helper_process

HEAD_START_NS = 5_000_000
"""Time for the orders to reach every spinner before the counted stretch begins."""

LOOP = """
import sys, time
clock = time.monotonic_ns
print("ready", flush=True)
for line in sys.stdin:
    begin, end = map(int, line.split())
    while clock() < begin:
        pass
    loops = 0
    while clock() < end:
        number = 1
        for _ in range(400):
            number = number * 3 % 1000003
        loops += 1
    print(loops, flush=True)
"""


def spin_together(rounds: Sequence[tuple[int, float]]) -> list[float]:
    """Let some processes spin for each round in turn.

    Args:
        rounds: For each round how many spin and for how many seconds.

    Returns:
        Loops per second of each round, summed over its spinners.

    Raises:
        OSError: A spinner could not be started or ended early.
    """
    with ExitStack() as stack:
        command = [sys.executable, "-I", "-S", "-c", LOOP]
        spinners = [stack.enter_context(helper_process(command)) for _ in range(max(count for count, _ in rounds))]
        for spinner in spinners:
            _answer(spinner)
        return [_round(spinners[:count], seconds) for count, seconds in rounds]


def _round(spinners: Sequence[subprocess.Popen[bytes]], seconds: float) -> float:
    begin = time.monotonic_ns() + HEAD_START_NS
    order = f"{begin} {begin + int(seconds * 1e9)}\n".encode()
    for spinner in spinners:
        assert spinner.stdin is not None  # noqa: S101 -- opened as a pipe
        spinner.stdin.write(order)
    return sum(int(_answer(spinner)) for spinner in spinners) / seconds


def _answer(spinner: subprocess.Popen[bytes]) -> bytes:
    assert spinner.stdout is not None  # noqa: S101 -- opened as a pipe
    line = spinner.stdout.readline()
    if not line:
        raise OSError(f"a spinning helper process ended early (exit status {spinner.poll()})")
    return line
