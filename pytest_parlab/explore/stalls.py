"""Whether a schedule goes on, and where the process is that keeps it from that."""

from __future__ import annotations

import faulthandler
import os
import re
import signal
import time
from contextlib import suppress
from pathlib import Path

from pytest_parlab.explore.control import layout as rows
from pytest_parlab.explore.control.board import Board
from pytest_parlab.explore.control.layout import Life
from pytest_parlab.instrument.sites import is_library

STALL_S = 5.0
"""A process that does nothing for so long that could be scheduled is taken to do something that cannot."""
_WRITING_S = 0.05
_FRAME = re.compile(r'File "(.*)", line (\d+) in ')
_SIGNAL = getattr(signal, "SIGUSR1", 0)


class Stacks:
    """Lets a process of a schedule write down where it is, even where it waits for ever in the system.

    Where there are no signals for that, the place is not known.

    Args:
        directory: Where to.
    """

    def __init__(self, directory: Path) -> None:
        self._file = (directory / "stacks").open("w+")
        if hasattr(faulthandler, "register"):
            faulthandler.register(_SIGNAL, self._file, all_threads=False)

    def close(self) -> None:
        """Write no more stacks."""
        if hasattr(faulthandler, "unregister"):
            faulthandler.unregister(_SIGNAL)
        self._file.close()

    def place_of(self, pid: int) -> str:
        """The innermost place of the user's in a process, as text; empty if it is not known."""
        if not pid or not hasattr(faulthandler, "register"):
            return ""
        with suppress(ProcessLookupError):
            os.kill(pid, _SIGNAL)
        time.sleep(_WRITING_S)
        self._file.seek(0)
        for path, line in _FRAME.findall(self._file.read()):
            if not is_library(path):
                return f", at {path}:{line}"
        return ""


class Patience:
    """Notices when a schedule does not go on.

    Args:
        board: Its board.
        stacks: Where its processes write their stacks.
        stall_s: How long it may do nothing.
    """

    def __init__(self, board: Board, stacks: Stacks, stall_s: float) -> None:
        self._board = board
        self._stacks = stacks
        self._stall_s = stall_s
        self._seen = (-1, -1)
        self._since = time.monotonic()

    def trouble(self) -> str:
        """Why it does not go on, with the place; empty as long as it does."""
        now = (self._board.step, self._board.clock_ns)
        if now != self._seen:
            self._seen, self._since = now, time.monotonic()
        if time.monotonic() - self._since <= self._stall_s:
            return ""
        place = self._stacks.place_of(self._board.row(self._board.holder)[rows.PID])
        return f"it does nothing for {self._stall_s:g} s that could be scheduled{place}"


def end_all(board: Board) -> None:
    """End the processes of a schedule at once."""
    for number in range(board.processes):
        row = board.row(number)
        if row[rows.PID] and row[rows.STATE] != Life.ENDED:
            with suppress(ProcessLookupError):
                os.kill(row[rows.PID], signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM)
