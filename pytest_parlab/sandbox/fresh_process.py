"""The fresh process's side of `sandbox.fresh`: watch, call, count, report."""

from __future__ import annotations

import contextlib
import os
import pickle
import time
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_parlab.instrument import watching
from pytest_parlab.instrument.scheduling import run_queue_delay_ns

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection

STACKS = "stacks.txt"
"""File in the watch directory to which the processes append where they stand, when asked."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What one call cost, as the kernel counts it.

    Attributes:
        cpu_s: CPU seconds of the process and of the children that it collected.
        delay_s: Seconds that its thread was ready to run without a core; None where the system does not tell.
    """

    cpu_s: float
    delay_s: float | None


def serve(channel: Connection, function: Callable[[], object], directory: Path, environment: dict[str, str]) -> None:
    """The fresh process's side of the conversation."""
    from pytest_parlab.machine import stacks  # noqa: PLC0415 - of use in the fresh process only

    _forget_fork_server()
    os.environ.update(environment)
    outcome: tuple[Any, ...]
    stacks.enable(directory / STACKS)
    with watching(directory) as watch:
        channel.send("ready")
        channel.recv()
        before = cpu_s()
        delay = run_queue_delay_ns()
        try:
            outcome = ("value", function())
        except BaseException as error:  # noqa: BLE001 - reported to the parent, whatever it is
            outcome = _described(error)
        after = run_queue_delay_ns()
        waited = None if delay is None or after is None else (after - delay) / 1e9
        channel.send(Cost(cpu_s() - before, waited))
        channel.recv()
    if outcome[0] == "value":
        outcome = (*outcome, watch.trace)
    try:
        channel.send(outcome)
    except Exception as error:  # noqa: BLE001 - pickling runs the value's own code, which may raise anything
        channel.send(("unsendable", str(error)))
    channel.close()


def _described(error: BaseException) -> tuple[Any, ...]:
    frames = error.__traceback__.tb_next if error.__traceback__ else None  # without the frame of this module
    text = "".join(traceback.format_exception(type(error), error, frames))
    data = None
    if isinstance(error, Exception):
        with contextlib.suppress(Exception):
            data = pickle.dumps(error)
    return "error", type(error).__name__, str(error), text, data


def _forget_fork_server() -> None:
    """Start a fork server of our own if one is wanted: the parent's would run our workers outside our tree."""
    from multiprocessing import forkserver  # noqa: PLC0415 - not on every system

    if not hasattr(forkserver, "_forkserver"):
        return
    old, new = forkserver._forkserver, forkserver.ForkServer()  # noqa: SLF001
    for name, value in list(vars(forkserver).items()):
        if getattr(value, "__self__", None) is old:  # the module's functions are methods of its one server
            setattr(forkserver, name, getattr(new, name))
    forkserver._forkserver = new  # noqa: SLF001


def cpu_s() -> float:
    """CPU seconds of this process and of the children that it collected."""
    try:
        import resource  # noqa: PLC0415 - not on Windows
    except ImportError:
        return cpu_s_portable()
    usages = (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def cpu_s_portable() -> float:
    """The same for any system; coarser, and without children where the system does not count them."""
    times = os.times()
    return time.process_time() + times.children_user + times.children_system
