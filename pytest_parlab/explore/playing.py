"""The same processes play one schedule after the other."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from pytest_parlab.explore.calling import Call, call_again
from pytest_parlab.explore.control import layout as rows
from pytest_parlab.explore.control.board import Board
from pytest_parlab.explore.control.controller import CONDUCTOR
from pytest_parlab.explore.control.layout import EVERYBODY, State
from pytest_parlab.explore.control.tokens import Tokens
from pytest_parlab.explore.ending import Ending, ending_of
from pytest_parlab.explore.stalls import Patience, Stacks, end_all
from pytest_parlab.explore.strategies.protocol import Strategy

_LOOK_S = 0.05
_END_S = 2.0


class Players:
    """Processes that wait for the next schedule.

    Args:
        context: Forks them.
        directory: Where they may make files.
        call: What process 0 calls each time.
        strategy: Who goes on.
        stacks: Where they write their stacks.
        stall_s: How long a schedule may do nothing.

    Attributes:
        board: The board of their schedules.
        strategy: Who goes on.
    """

    def __init__(
        self, context: Any, directory: Path, call: Call, strategy: Strategy, *, stacks: Stacks, stall_s: float
    ) -> None:
        self.strategy = strategy
        self._own = directory / "players"
        self._own.mkdir()
        self.board = Board(self._own / "board")
        self._tokens = Tokens(rows.PROCESS_LIMIT + 1)
        self._stacks = stacks
        self._stall_s = stall_s
        self._process = context.Process(target=call_again, args=(call, self.board, self._tokens, strategy, self._own))

    def run(self) -> Ending | None:
        """Play the schedule that the strategy has prepared; None if they could not, or did not come back."""
        board = self.board
        board.reset(again=self._process.pid is not None)
        if self._process.pid is None:
            self._process.start()
        else:
            self._tokens.give(0)
        if not self._await_rest():
            return None
        ending = ending_of(board, self._own)
        for left in self._own.iterdir():  # nothing of it is for the next schedule
            if left != board.path:
                left.unlink()
        return ending

    def _await_rest(self) -> bool:
        """Wait until the schedule is over and all its processes are back; False if one of them is not."""
        board, back = self.board, 0
        patience = Patience(board, self._stacks, self._stall_s)
        while back < board.processes or board.state is State.RUNNING:
            if self._tokens.wait(CONDUCTOR, _LOOK_S):
                back += 1
            elif not self._process.is_alive() or patience.trouble():
                return False
        return True

    def close(self) -> None:
        """Let all of them end."""
        process, board = self._process, self.board
        if process.pid is not None:
            board.dismissed = EVERYBODY
            self._tokens.give(0)
            process.join(_END_S)
            if process.exitcode is None:
                for number in range(1, board.processes):
                    self._tokens.give(number)  # whoever rests sees that he is dismissed
                end_all(board)
                process.kill()
                process.join()
            process.close()
        self._tokens.close()
        board.close()
        shutil.rmtree(self._own)
