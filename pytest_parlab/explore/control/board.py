"""The state of one schedule, in memory that all its processes share; only the holder of the token touches it."""

from __future__ import annotations

import mmap
import os
from pathlib import Path
from typing import Any, Self

from pytest_parlab.explore.control.layout import (
    AT_CLOCK,
    AT_CUT,
    AT_DISMISSED,
    AT_ENABLED,
    AT_FEEDERS,
    AT_HOLDER,
    AT_LAST,
    AT_PROCESSES,
    AT_RETURNED,
    AT_STATE,
    AT_STEP,
    AT_VAIN,
    AT_VERSION,
    BORN,
    CHANGES,
    FORCED,
    HEADER,
    KEY,
    KIND,
    LAST,
    MADE,
    OLD_SLOTS,
    OWN_SLOTS,
    PARENT,
    PROCESS_LIMIT,
    PROCESS_ROWS,
    RESOURCE,
    ROW,
    SITE,
    SLOT,
    SLOT_ROWS,
    STATE,
    STEP,
    STEP_LIMIT,
    STEP_ROWS,
    STRATEGY_WORDS,
    TOTAL,
    Life,
    State,
)
from pytest_parlab.explore.control.slots import clear_slot, old_slot, reset_old_slots
from pytest_parlab.explore.operations import Operation
from pytest_parlab.explore.strategies.protocol import WORDS


class Board:
    """The shared words; see `layout`.

    Args:
        path: The file that they lie in; it is made if it does not exist.

    Attributes:
        memory: All words.
        words: Those of the strategy.
        step: How many steps there have been.
        last: Who took the last one.
        enabled: Who can go on, as the holder of the token found it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        size = TOTAL * 8
        descriptor = os.open(path, os.O_CREAT | os.O_RDWR | getattr(os, "O_BINARY", 0), 0o600)
        try:
            if os.fstat(descriptor).st_size < size:
                if hasattr(os, "posix_fallocate"):
                    os.posix_fallocate(descriptor, 0, size)  # a full disk is told now, not by a signal later
                else:
                    os.truncate(path, size)
            self._mapping = mmap.mmap(descriptor, size)
        finally:
            os.close(descriptor)
        self.memory = memoryview(self._mapping).cast("Q")
        self.words = self.memory[STRATEGY_WORDS : STRATEGY_WORDS + WORDS]

    def __reduce__(self) -> tuple[Any, ...]:
        return Board, (self.path,)

    @classmethod
    def make(cls, directory: Path) -> Self:
        """The board of an exploration."""
        return cls(directory / "board")

    def close(self) -> None:
        """Let go of the memory."""
        self.words.release()
        self.memory.release()
        self._mapping.close()

    def reset(self, *, again: bool = False) -> None:
        """Begin a schedule: only process 0 is there, and it has the token.

        Args:
            again: The processes are those of the last schedule, and remember which slots older objects have.
        """
        memory = self.memory
        if again:
            reset_old_slots(memory)
        else:
            old = memory[SLOT_ROWS : SLOT_ROWS + OLD_SLOTS * SLOT]
            old[:] = _NO_OLD_SLOTS
        for at in range(HEADER):
            memory[at] = 0
        used = memory[PROCESS_ROWS : PROCESS_ROWS + PROCESS_LIMIT * ROW]
        used[:] = _NO_PROCESSES
        memory[AT_PROCESSES] = 1
        memory[PROCESS_ROWS + STATE] = Life.YOUNG

    @property
    def step(self) -> int:
        """How many steps there have been."""
        return self.memory[AT_STEP]

    @property
    def last(self) -> int:
        """Who took the last step."""
        return self.memory[AT_LAST]

    @property
    def enabled(self) -> int:
        """Who can go on, one bit a process."""
        return self.memory[AT_ENABLED]

    @enabled.setter
    def enabled(self, processes: int) -> None:
        self.memory[AT_ENABLED] = processes

    @property
    def processes(self) -> int:
        """How many processes there have been."""
        return self.memory[AT_PROCESSES]

    @property
    def feeders(self) -> int:
        """The rows that belong to feeders of queues, one bit each."""
        return self.memory[AT_FEEDERS]

    @feeders.setter
    def feeders(self, rows: int) -> None:
        self.memory[AT_FEEDERS] = rows

    @property
    def state(self) -> State:
        """How the schedule stands."""
        return State(self.memory[AT_STATE])

    @state.setter
    def state(self, state: State) -> None:
        self.memory[AT_STATE] = state

    @property
    def clock_ns(self) -> int:
        """Virtual time since the beginning of the schedule."""
        return self.memory[AT_CLOCK]

    @clock_ns.setter
    def clock_ns(self, now: int) -> None:
        self.memory[AT_CLOCK] = now

    @property
    def version(self) -> int:
        """How many steps have changed something."""
        return self.memory[AT_VERSION]

    @property
    def holder(self) -> int:
        """Who has the token."""
        return self.memory[AT_HOLDER]

    @holder.setter
    def holder(self, process: int) -> None:
        self.memory[AT_HOLDER] = process

    @property
    def dismissed(self) -> int:
        """Whose process is not needed again: its number plus one, or `EVERYBODY`; 0 if none."""
        return int(self.memory[AT_DISMISSED])

    @dismissed.setter
    def dismissed(self, process: int) -> None:
        self.memory[AT_DISMISSED] = process

    @property
    def returned(self) -> int:
        """How many steps there had been when the function returned, plus one; 0 if it has not."""
        return int(self.memory[AT_RETURNED])

    @returned.setter
    def returned(self, step: int) -> None:
        self.memory[AT_RETURNED] = step

    @property
    def cut(self) -> bool:
        """The processes that were left when the function returned did not come to an end."""
        return bool(self.memory[AT_CUT])

    @cut.setter
    def cut(self, cut: bool) -> None:
        self.memory[AT_CUT] = cut

    def changed(self) -> None:
        """Something is different from what others may have seen."""
        self.memory[AT_VERSION] += 1
        self.memory[AT_VAIN] = 0

    def wait_again(self, patience: int) -> bool:
        """Tell whether those who wait for any change may look once more although there was none."""
        self.memory[AT_VAIN] += 1
        return self.memory[AT_VAIN] <= patience

    def row(self, process: int) -> memoryview:
        """The row of a process."""
        at = PROCESS_ROWS + process * ROW
        return self.memory[at : at + ROW]

    def slot(self, number: int) -> memoryview:
        """The words of a slot."""
        at = SLOT_ROWS + number * SLOT
        return self.memory[at : at + SLOT]

    def new_process(self, parent: int) -> int:
        """Give a number to a process that is about to be started; -1 if there are too many."""
        number = self.memory[AT_PROCESSES]
        if number >= PROCESS_LIMIT or self.feeders >> number & 1:
            return -1
        self.memory[AT_PROCESSES] = number + 1
        row = self.row(number)
        row[STATE], row[PARENT], row[BORN] = Life.YOUNG, parent, self.step
        return number

    def new_slot(self, process: int, value: int = 0, most: int = 0) -> int:
        """Give a slot to an object that a process makes; -1 if it has made too many. Slot 0 is nobody's."""
        row = self.row(process)
        if row[MADE] >= OWN_SLOTS:
            return -1
        number: int = OLD_SLOTS + process * OWN_SLOTS + row[MADE]
        row[MADE] += 1
        clear_slot(self.memory, number, value, most)
        return number

    def made_slot(self, key: int) -> int:
        """The slot of an object with this key that a process of this schedule has made; -1 if there is none."""
        for process in range(self.processes):
            first = OLD_SLOTS + process * OWN_SLOTS
            for number in range(first, first + self.row(process)[MADE]):
                if self.memory[SLOT_ROWS + number * SLOT + KEY] == key:
                    return number
        return -1

    def old_slot(self, key: int, value: int = 0, most: int = 0) -> int:
        """The slot of an object that is older than the schedule; see `slots`."""
        return old_slot(self.memory, key, value, most)

    def operation(self, process: int) -> Operation:
        """What a process is about to do."""
        at = PROCESS_ROWS + process * ROW
        memory = self.memory
        return Operation(
            memory[at + KIND], memory[at + RESOURCE], bool(memory[at + CHANGES]), bool(memory[at + FORCED])
        )

    def take_step(self, process: int, enabled: int) -> int:
        """Write down the step that a process takes now; returns its index, -1 if there is no room."""
        memory = self.memory
        step = memory[AT_STEP]
        if step >= STEP_LIMIT:
            return -1
        row, at = PROCESS_ROWS + process * ROW, STEP_ROWS + step * STEP
        memory[at] = process
        memory[at + 1] = memory[row + KIND] | memory[row + CHANGES] << 8 | bool(memory[row + FORCED]) << 9
        memory[at + 2] = memory[row + RESOURCE]
        memory[at + 3] = enabled
        memory[at + 4] = memory[row + SITE]
        memory[row + LAST] = memory[AT_STEP] = step + 1
        memory[AT_LAST] = process
        return step


_NO_PROCESSES = memoryview(bytes(PROCESS_LIMIT * ROW * 8)).cast("Q")
_NO_OLD_SLOTS = memoryview(bytes(OLD_SLOTS * SLOT * 8)).cast("Q")
