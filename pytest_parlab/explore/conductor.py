"""Runs a function under one schedule after the other, and leaves nothing behind of them.

```
this process                            process 0 of the schedule             its children
  resets the board, forks   ---->         calls the function        ---->      under control
  waits at its gate         <----         returns, or nobody can go on         all end
  reads the board
```

`repeat` lets the same processes play one schedule after the other instead (`playing`): that is much quicker, and what
it has shown is worth as much as fresh processes confirm.
"""

from __future__ import annotations

import multiprocessing
import shutil
from collections.abc import Callable, Mapping
from dataclasses import replace
from multiprocessing.process import BaseProcess
from types import TracebackType
from typing import Any, Self

from pytest_parlab.explore.calling import Call, call_once
from pytest_parlab.explore.control import layout as rows
from pytest_parlab.explore.control import memory, raw
from pytest_parlab.explore.control.board import Board
from pytest_parlab.explore.control.controller import CONDUCTOR
from pytest_parlab.explore.control.layout import State
from pytest_parlab.explore.control.parts import install_parts
from pytest_parlab.explore.control.tokens import Tokens
from pytest_parlab.explore.ending import Ending, ending_of
from pytest_parlab.explore.playing import Players
from pytest_parlab.explore.stalls import STALL_S, Patience, Stacks, end_all
from pytest_parlab.explore.strategies.protocol import Strategy
from pytest_parlab.instrument.patches import Patches
from pytest_parlab.trace.session import make_directory, remove_directory

_LOOK_S = 0.05
_END_S = 2.0


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
        self._call = Call(function, args, dict(kwargs or {}), check)
        self._stall_s = stall_s
        self._patches = Patches()
        self._players: Players | None = None
        self.forks = can_fork()
        self._context: Any = multiprocessing.get_context("fork" if self.forks else "spawn")

    def __enter__(self) -> Self:
        self.directory = make_directory()
        try:
            self._board = Board.make(self.directory)
            self._tokens = Tokens(rows.PROCESS_LIMIT + 1, named=not self.forks)
            self._stacks = Stacks(self.directory)
            self._call = replace(self._call, older=tuple(raw.older_objects()))
            self._before = memory.contents()
            install_parts(self._patches)
        except BaseException:
            self._leave()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leave()

    def _leave(self) -> None:
        self.dismiss()
        self._patches.undo()
        for part in ("_stacks", "_tokens", "_board"):
            if hasattr(self, part):
                getattr(self, part).close()
        remove_directory(self.directory)

    def repeat(self, strategy: Strategy) -> None:
        """Let the same processes play all schedules of a strategy from now on, where the system can fork."""
        if self.forks:
            self._players = Players(
                self._context,
                self.directory,
                self._call,
                strategy,
                stacks=self._stacks,
                stall_s=self._stall_s,
            )

    def dismiss(self) -> None:
        """Begin each schedule with fresh processes again."""
        if self._players is not None:
            self._players.close()
            self._players = None

    def words_for(self, strategy: Strategy) -> memoryview:
        """The words in which a strategy prepares its next schedule."""
        players = self._players
        return players.board.words if players is not None and players.strategy is strategy else self._board.words

    def run(self, strategy: Strategy, *, detailed: bool = False) -> Ending:
        """Run the function under a schedule that the strategy has prepared."""
        prepared = bytes(self.words_for(strategy))
        ending = None
        if self._players is not None and self._players.strategy is strategy:
            memory.restore(self._before)
            ending = self._players.run()
            if ending is None or ending.state is State.NAMELESS:  # from now on with fresh processes
                self.dismiss()
        else:
            ending = self._run_afresh(strategy, detailed=detailed)
        if ending is not None and ending.state is State.NAMELESS:
            self._tokens.close()
            self._tokens = Tokens(rows.PROCESS_LIMIT + 1, named=True)
            ending = None
        if ending is None:
            self._board.words[:] = memoryview(prepared).cast("Q")
            ending = self._run_afresh(strategy, detailed=detailed)
        return ending

    def _run_afresh(self, strategy: Strategy, *, detailed: bool) -> Ending:
        board, tokens = self._board, self._tokens
        board.reset()
        tokens.clear()
        own = self.directory / "schedule"
        own.mkdir()
        memory.restore(self._before)
        process = self._context.Process(
            target=call_once, args=(self._call, board, tokens, strategy, own), kwargs={"detailed": detailed}
        )
        trouble = ""
        try:
            process.start()
            trouble = self._await_end(process)
        finally:
            self._sweep(process)
        try:
            return ending_of(board, own, process.exitcode, trouble)
        finally:
            process.close()
            shutil.rmtree(own)

    def _await_end(self, process: BaseProcess) -> str:
        """Wait until the schedule is over; why it is not, if it is not."""
        patience = Patience(self._board, self._stacks, self._stall_s)
        while not self._tokens.wait(CONDUCTOR, _LOOK_S):
            if not process.is_alive():
                return ""
            trouble = patience.trouble()
            if trouble:
                return trouble
        return ""

    def _sweep(self, process: BaseProcess) -> None:
        """End what is left of a schedule."""
        if process.pid is None:
            return
        process.join(_END_S if self._board.state is not State.RUNNING else 0)
        if process.exitcode is None:
            end_all(self._board)
            process.kill()
            process.join()


def can_fork() -> bool:
    """Tell whether the system can fork; otherwise the function, its arguments and the check must be picklable."""
    return "fork" in multiprocessing.get_all_start_methods()
