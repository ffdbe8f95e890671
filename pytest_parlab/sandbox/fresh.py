"""Runs a trusted callable in a fresh process, timed from outside and watched from inside.

::

    parent                                   fresh process
      start                         ---->    opens a watch
      reads its clock               <----    "ready"
      "go"                          ---->    calls the function (which may start processes of its own)
      reads its clock               <----    "done", with the CPU time that the kernel counted
      counts children still alive
      "more"                        ---->    closes the watch
      joins, sweeps what is left    <----    value and trace, or the exception

Every run has a process of its own, so that no run can profit from what an earlier one left in memory, and so that
baseline and candidate start alike.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import pickle
import sys
import time
import warnings
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from pytest_parlab.errors import ChildFailed, HangFound, SubmissionRaised, UsageError
from pytest_parlab.sandbox.fresh_process import STACKS, Cost, serve
from pytest_parlab.sandbox.measured import MeasuredRun
from pytest_parlab.trace.session import make_directory, remove_directory

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess

    from pytest_parlab.machine.tree import ProcessInfo

START_S = 60.0
"""How long a fresh process may take to be ready, and to hand over its trace: far beyond a busy machine's worst."""

END_S = 5.0
"""How long it may take to end by itself afterwards."""

HELPER_S = 1.0
"""How long the helpers of `multiprocessing` may outlive it: they end when they notice."""


def run(
    function: Callable[[], object],
    *,
    deadline_s: float,
    start_method: str | None = None,
    environment: Mapping[str, str] | None = None,
) -> MeasuredRun:
    """Call `function` once in a fresh process.

    Args:
        function: The callable; under ``spawn`` it must be picklable.
        deadline_s: Seconds that the call may take.
        start_method: How to start the fresh process: by default ``fork`` where that is safe, else ``spawn``.
        environment: Environment variables that the fresh process gets besides its parent's.

    Returns:
        The run: value, wall and CPU seconds, trace.

    Raises:
        Exception: Whatever the function raised, with the traceback of the fresh process as a note.
        SubmissionRaised: It raised something that cannot be carried over.
        ChildFailed: The fresh process ended before it answered.
        HangFound: The call did not answer before its deadline; its whole process tree was ended.
        UsageError: The function or its value cannot be carried to another process.
    """
    context = multiprocessing.get_context(start_method or default_start_method())
    directory = make_directory()
    here, there = context.Pipe()
    process = context.Process(  # type: ignore[attr-defined]  # every context has it
        target=serve, args=(there, function, directory, dict(environment or {})), name=f"fresh {name_of(function)}"
    )
    conversation = _Conversation(here, process, name_of(function), directory / STACKS)
    try:
        conversation.start()
        there.close()
        return conversation.hold(deadline_s)
    finally:
        there.close()
        here.close()
        conversation.end(END_S)
        remove_directory(directory)


def default_start_method() -> str:
    """``fork`` where it is safe, so that a test's local functions can be run; else ``spawn``."""
    if sys.platform == "darwin" or "fork" not in multiprocessing.get_all_start_methods():
        return "spawn"
    return "fork"


def name_of(function: Callable[..., object]) -> str:
    """What to call a callable in a message."""
    while isinstance(function, partial):
        function = function.func
    return str(getattr(function, "__qualname__", None) or getattr(function, "__name__", None) or repr(function))


class _Conversation:
    """The parent's side: one process, one call, one answer."""

    def __init__(self, channel: Connection, process: BaseProcess, name: str, stacks: Path) -> None:
        self.channel = channel
        self.process = process
        self.name = name
        self.stacks = stacks
        self.started: list[ProcessInfo] = []

    def start(self) -> None:
        """Start the fresh process."""
        with warnings.catch_warnings():  # a judge with a thread of its own must not stop the test at every fork
            warnings.filterwarnings("ignore", message=".*multi-threaded.*fork", category=DeprecationWarning)
            try:
                self.process.start()
            except (pickle.PicklingError, AttributeError, TypeError) as error:
                raise UsageError(
                    f"{self.name} cannot be sent to a fresh process: {error}. "
                    "Use a function of a module, or functools.partial of one, with arguments that can be pickled."
                ) from error

    def hold(self, deadline_s: float) -> MeasuredRun:
        """Have the call made, and take its answer."""
        from pytest_parlab.machine import accounting, tree  # noqa: PLC0415 - psutil is heavy

        self._answer(START_S, "get ready")
        began = time.perf_counter()
        self.channel.send("go")
        cost: Cost = self._answer(deadline_s, "answer")
        wall_s = time.perf_counter() - began
        # Not collected by anybody yet: the fork server and its children, workers of a pool left open.
        self.started = tree.descendants(self.process.pid or 0)
        alive_s = sum(accounting.process_cpu_s(one.pid) + accounting.reaped_cpu_s(one.pid) for one in self.started)
        self.channel.send("more")
        kind, *content = self._answer(START_S, "hand over its trace")
        if kind == "value":
            value, trace = content
            return MeasuredRun(value, wall_s, cost.cpu_s + alive_s, trace, cost.delay_s)
        if kind == "unsendable":
            raise UsageError(f"The result of {self.name} cannot be sent back: {content[0]}. Return plain data.")
        return _raise(self.name, *content)

    def end(self, patience_s: float) -> int:
        """Let the fresh process end, then end it and whatever is left of what it started; how many that were."""
        from pytest_parlab.machine import tree  # noqa: PLC0415 - psutil is heavy

        if self.process.pid is None:
            return 0
        self.process.join(patience_s)
        ended = len(tree.end_tree(self.process.pid, grace_s=0.0)) - 1 if self.process.is_alive() else 0
        self.process.join()
        for one in self.started:
            ended += _end_left(one)
        return max(0, ended)

    def _answer(self, limit_s: float, task: str) -> Any:
        try:
            if self.channel.poll(limit_s):
                return self.channel.recv()
        except (EOFError, OSError):
            self.process.join(END_S)
            raise ChildFailed(
                f"The process of {self.name} ended with exit code {self.process.exitcode} before it could {task}. "
                "Something ended it from inside: look for os._exit, a kill or a crash."
            ) from None
        except Exception as error:
            raise UsageError(f"What {self.name} sent back cannot be read: {error}. Return plain data.") from error
        stacks = self._stacks()
        ended = self.end(0.0)
        raise HangFound(
            f"{self.name} did not {task} within {limit_s:g} s. Its process was ended, and {_count(ended)} below it. "
            f"Look for a join, get or acquire that waits for what never comes, or give it less to do.{stacks}"
        )

    def _stacks(self) -> str:
        """Where everybody stands, as a paragraph; empty if nobody tells."""
        from pytest_parlab.machine import stacks, tree  # noqa: PLC0415 - psutil is heavy

        pid = self.process.pid or 0
        text = stacks.request([pid, *(one.pid for one in tree.descendants(pid))], self.stacks)
        return f"\n\nWhere it stood:\n{text.rstrip()}" if text else ""


def _end_left(one: ProcessInfo) -> int:
    """End a process that outlived the fresh one; helpers of `multiprocessing` get a moment to end by themselves."""
    import psutil  # noqa: PLC0415 - heavy

    from pytest_parlab.machine import tree  # noqa: PLC0415 - psutil is heavy

    try:
        process = psutil.Process(one.pid)
        if process.create_time() != one.created:
            return 0
        process.wait(HELPER_S)
    except psutil.TimeoutExpired:
        return len(tree.end_tree(one.pid, grace_s=0.0))
    except psutil.Error:
        return 0
    return 0


def _raise(name: str, kind: str, message: str, text: str, data: bytes | None) -> NoReturn:
    error = None
    if data is not None:
        with contextlib.suppress(Exception):  # a class whose constructor needs more than it pickles
            error = pickle.loads(data)  # noqa: S301 - it comes from the user's own, trusted test
    if isinstance(error, Exception):
        error.add_note(f"\n{name} raised it in a fresh process:\n{text}")
        raise error
    if kind == "SystemExit":
        raise ChildFailed(f"{name} ended its process by SystemExit({message}) instead of returning.\n{text}")
    raise SubmissionRaised(kind, message, text)


def _count(others: int) -> str:
    return "no others" if others < 1 else "1 other" if others == 1 else f"{others} others"
