"""Runs one schedule after the other: fresh processes, the outcome, and nothing left of them.

```
this process                            process 0 of the schedule             its children
  resets the board, forks   ---->         calls the function        ---->      under control
  waits at its gate         <----         returns, or nobody can go on         all end
  reads the board
```
"""

from __future__ import annotations

import faulthandler
import json
import multiprocessing
import os
import pickle
import re
import shutil
import signal
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.process import BaseProcess, current_process
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from pytest_parlab.explore.control import controller, raw
from pytest_parlab.explore.control import layout as rows
from pytest_parlab.explore.control.board import Board
from pytest_parlab.explore.control.controller import CONDUCTOR, Controller
from pytest_parlab.explore.control.layout import Life, State
from pytest_parlab.explore.control.notes import Notes
from pytest_parlab.explore.control.parts import PARTS
from pytest_parlab.explore.control.recorded import run_of, sites_of
from pytest_parlab.explore.control.tokens import Tokens
from pytest_parlab.explore.exploration import DEADLOCK, Raised
from pytest_parlab.explore.outcomes import freeze
from pytest_parlab.explore.run import Run
from pytest_parlab.explore.strategies.protocol import Strategy
from pytest_parlab.instrument import recorder
from pytest_parlab.instrument.patches import Patches
from pytest_parlab.instrument.sites import is_library
from pytest_parlab.trace.session import make_directory, remove_directory

STALL_S = 5.0
"""A process that does nothing for so long that could be scheduled is taken to do something that cannot."""
_LOOK_S = 0.05
_END_S = 2.0
_STACK = re.compile(r'File "(.*)", line (\d+) in ')


@dataclass(frozen=True)
class Ending:
    """How a schedule ended.

    Attributes:
        state: Of the schedule.
        run: Its steps.
        sites: A number for the place of each step, the same in every run.
        outcome: What the function returned, frozen, `Raised` or `DEADLOCK`; None if there is none.
        check: The error is of the check that was made of the result, not of the function.
        traceback: Of what was raised.
        trouble: Why it shows nothing, with the place; empty if it does show something.
        story: What its processes wrote down of their steps, if they were asked to.
    """

    state: State
    run: Run
    sites: tuple[int, ...]
    outcome: Any = None
    check: bool = False
    traceback: str = ""
    trouble: str = ""
    story: tuple[tuple[Any, ...], ...] = field(default=(), repr=False)

    @property
    def same(self) -> tuple[object, ...]:
        """What is equal for two runs of one schedule."""
        return self.state, self.run, self.sites, self.outcome


class Conductor:
    """Runs a function under one schedule after the other.

    Args:
        function: Called in a fresh process each time.
        args: Its arguments.
        kwargs: Its keyword arguments.
        check: Called with the result, there; what it raises makes the schedule a failure.
        stall_s: See `STALL_S`.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
        *,
        check: Callable[[Any], object] | None = None,
        stall_s: float = STALL_S,
    ) -> None:
        self._call = (function, args, dict(kwargs or {}), check)
        self._stall_s = stall_s
        self._patches = Patches()
        fork = "fork" in multiprocessing.get_all_start_methods()
        self._context: Any = multiprocessing.get_context("fork" if fork else "spawn")

    def __enter__(self) -> Self:
        self.directory = make_directory()
        try:
            self._board = Board.make(self.directory)
            self._tokens = Tokens(rows.PROCESS_LIMIT + 1)
            self._stacks = (self.directory / "stacks").open("w+")
            if hasattr(faulthandler, "register"):
                faulthandler.register(signal.SIGUSR1, self._stacks, all_threads=False)
            self._older = raw.older_objects()
            for part in PARTS:
                part.install(self._patches)
        except BaseException:
            self._leave()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leave()

    def _leave(self) -> None:
        self._patches.undo()
        if hasattr(faulthandler, "unregister"):
            faulthandler.unregister(signal.SIGUSR1)
        if hasattr(self, "_stacks"):
            self._stacks.close()
        if hasattr(self, "_tokens"):
            self._tokens.close()
        if hasattr(self, "_board"):
            self._board.close()
        remove_directory(self.directory)

    @property
    def words(self) -> memoryview:
        """The words of the strategy."""
        return self._board.words

    def run(self, strategy: Strategy, *, detailed: bool = False) -> Ending:
        """Run the function under a schedule that the strategy has prepared."""
        board, tokens = self._board, self._tokens
        board.reset()
        tokens.clear()
        own = self.directory / "schedule"
        own.mkdir()
        process = self._context.Process(
            target=_call, args=(board, tokens, strategy, own, self._older, *self._call), kwargs={"detailed": detailed}
        )
        trouble = ""
        try:
            process.start()
            trouble = self._await_end(process)
        finally:
            self._sweep(process)
        try:
            return self._read(own, process.exitcode, trouble)
        finally:
            process.close()
            shutil.rmtree(own)

    def _await_end(self, process: BaseProcess) -> str:
        """Wait until the schedule is over; why it is not, if it is not."""
        seen, since = (-1, -1), time.monotonic()
        while not self._tokens.wait(CONDUCTOR, _LOOK_S):
            if not process.is_alive():
                return ""
            now = (self._board.step, self._board.clock_ns)
            if now != seen:
                seen, since = now, time.monotonic()
            elif time.monotonic() - since > self._stall_s:
                place = self._place_of_holder()
                return f"it does nothing for {self._stall_s:g} s that could be scheduled{place}"
        return ""

    def _place_of_holder(self) -> str:
        """Where the process is that has the token."""
        pid = self._board.row(self._board.holder)[rows.PID]
        if not pid or not hasattr(faulthandler, "register"):
            return ""
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGUSR1)
        time.sleep(_LOOK_S)
        self._stacks.seek(0)
        for path, line in _STACK.findall(self._stacks.read()):
            if not is_library(path):
                return f", at {path}:{line}"
        return ""

    def _sweep(self, process: BaseProcess) -> None:
        """End what is left of a schedule."""
        if process.pid is None:
            return
        process.join(_END_S if self._board.state is not State.RUNNING else 0)
        if process.exitcode is None:
            for number in range(self._board.processes):
                row = self._board.row(number)
                if row[rows.PID] and row[rows.STATE] != Life.ENDED:
                    with suppress(ProcessLookupError):
                        os.kill(row[rows.PID], signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM)
            process.kill()
            process.join()

    def _read(self, own: Path, code: int | None, trouble: str) -> Ending:
        board = self._board
        run, sites, state = run_of(board), sites_of(board), board.state
        story = _story(own)
        if trouble:
            return Ending(state, run, sites, trouble=trouble, story=story)
        if state is State.FINISHED:
            checked, outcome, trace = pickle.loads((own / "result").read_bytes())  # noqa: S301 - written by `_call`
            return Ending(state, run, sites, freeze(outcome), checked, trace, story=story)
        if state is State.DEADLOCK:
            return Ending(state, run, sites, DEADLOCK, story=story)
        if state is State.RUNNING:
            died = Raised("ProcessDied", f"the process that called the function ended with exit code {code}")
            return Ending(state, run, sites, died, story=story)
        if state is State.UNMODELLED:
            return Ending(state, run, sites, trouble=Notes(own).what_is_unmodelled(), story=story)
        if state is State.TOO_LONG:
            trouble = f"a schedule has more than {rows.STEP_LIMIT:,} steps"
        return Ending(state, run, sites, trouble=trouble, story=story)


def _story(own: Path) -> tuple[tuple[Any, ...], ...]:
    path = own / "story"
    if not path.exists():
        return ()
    return tuple(tuple(json.loads(line)) for line in path.read_text().splitlines())


def _call(  # noqa: PLR0917 - the arguments of a process
    board: Board,
    tokens: Tokens,
    strategy: Strategy,
    own: Path,
    older: list[Any],
    function: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    check: Callable[[Any], object] | None,
    *,
    detailed: bool,
) -> None:
    """Process 0: call the function under control, and leave its result."""
    recorder.active = None
    _on_one_core()
    main = current_process()
    main.name, main._identity = "MainProcess", ()  # noqa: SLF001
    sys.stdout = sys.stderr = Path(os.devnull).open("w")  # noqa: SIM115 - until the process ends
    control = controller.active = Controller(board, tokens, strategy, own, detailed=detailed)
    raw.follow(older)
    checked, text = False, ""
    outcome: Any
    try:
        outcome = function(*args, **kwargs)
        outcome = control.notes.secret_death() or outcome
    except BaseException as error:  # noqa: BLE001 - it is the outcome
        outcome, text = Raised(type(error).__name__, str(error)), traceback.format_exc()
    controller.active = None
    if check is not None and not isinstance(outcome, Raised):
        try:
            check(outcome)
        except BaseException as error:  # noqa: BLE001 - it is the outcome
            checked, outcome = True, Raised(type(error).__name__, str(error))
            text = traceback.format_exc()
    (own / "result").write_bytes(_packed(outcome, text, checked=checked))
    control.finish()


def _packed(outcome: Any, text: str, *, checked: bool) -> bytes:
    try:
        packed = pickle.dumps((checked, outcome, text))
        pickle.loads(packed)  # noqa: S301 - our own
    except Exception:  # noqa: BLE001 - whatever it is made of
        return pickle.dumps((checked, repr(outcome), text))
    return packed


def _on_one_core() -> None:
    """Stay on one core, where the system allows it: only one process runs at a time, and it is woken quicker."""
    if hasattr(os, "sched_setaffinity"):
        with suppress(OSError):
            os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
