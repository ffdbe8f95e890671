"""Channels: queues, and the directions of pipes. Their bytes lie in files, all else is on the board."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from pytest_parlab.explore.control.layout import (
    AT_CHANNELS,
    CAPACITY,
    FILLED,
    MESSAGES,
    NEXT,
    PROCESS_ROWS,
    READERS,
    ROW,
    SENDER,
    SENT,
    SLOT,
    SLOT_ROWS,
    STATE,
    TAKEN,
    WRITERS,
    Life,
)
from pytest_parlab.explore.operations import RECEIVING, SENDING, channel_of

if TYPE_CHECKING:
    from pytest_parlab.explore.control.board import Board
    from pytest_parlab.explore.control.controller import Controller

ALL = (1 << 64) - 1
"""Everybody has an end open, for ever."""
_HEADER, _LONG, _LONG_HEADER = 4, 0x7FFF_FFFF, 12
"""Bytes that come before a message, and before one that is longer than so many."""


def is_readable(memory: memoryview, slot: int, *, whole: bool = False) -> bool:
    """Tell whether somebody who receives from a channel gets something, be it that there is nothing more to come.

    Args:
        memory: The board's.
        slot: Of the channel.
        whole: It must be a whole message, not only the beginning of one that nobody sends to its end.
    """
    at = SLOT_ROWS + slot * SLOT
    if not memory[at + WRITERS]:
        return True
    return memory[at + MESSAGES] > 0 and not (whole and is_torn(memory, slot))


def is_torn(memory: memoryview, slot: int) -> bool:
    """Tell whether the message in a channel has no end, because who was sending it has ended."""
    sender = memory[SLOT_ROWS + slot * SLOT + SENDER]
    return sender > 0 and memory[PROCESS_ROWS + (sender - 1) * ROW + STATE] == Life.ENDED


def has_room(memory: memoryview, slot: int, size: int) -> bool:
    """Tell whether somebody who sends so many bytes can begin, be it that nobody receives them any more."""
    at = SLOT_ROWS + slot * SLOT
    filled = memory[at + FILLED]
    return not filled or filled + size <= CAPACITY or not memory[at + READERS]


def leave_all(board: Board, process: int) -> None:
    """A process is over: no end of a channel is open in it any more."""
    slot, others = board.memory[AT_CHANNELS], ~(1 << process)
    while slot:
        words = board.slot(slot)
        for role in (WRITERS, READERS):
            if words[role] != ALL:
                words[role] &= others
        slot = words[NEXT]


def open_ends(board: Board, process: int) -> list[tuple[int, int]]:
    """The ends of channels that are open in a process: slots, and `WRITERS` or `READERS`."""
    slot, found = board.memory[AT_CHANNELS], []
    while slot:
        words = board.slot(slot)
        found += [(slot, role) for role in (WRITERS, READERS) if words[role] != ALL and words[role] >> process & 1]
        slot = words[NEXT]
    return found


def new_channel(control: Controller) -> int:
    """The slot of a new channel."""
    slot = control.new_slot()
    memory = control.board.memory
    control.board.slot(slot)[NEXT] = memory[AT_CHANNELS]
    memory[AT_CHANNELS] = slot
    return slot


def size_of(data: bytes | memoryview) -> int:
    """Bytes that a message takes up in a pipe."""
    return size_with_header(len(data))


def size_with_header(length: int) -> int:
    """The same for a message of so many bytes."""
    return length + (_LONG_HEADER if length > _LONG else _HEADER)


class Channel:
    """One channel, as the holder of the token sees it.

    Args:
        control: The process's controller.
        slot: Of the channel.

    Attributes:
        slot: The same.
        words: Those of the slot.
    """

    def __init__(self, control: Controller, slot: int) -> None:
        self.slot = slot
        self.words = control.board.slot(slot)
        self._directory = control.session

    def sending(self, size: int, *, feeder: int = 0, item: int = -1) -> int:
        """The resource of who sends the next message now."""
        words = self.words
        parts = SENDING
        if words[SENT] + size > CAPACITY:  # without the receiver it might have to wait
            parts |= RECEIVING
        return channel_of(self.slot, parts, message=words[TAKEN] + words[MESSAGES], feeder=feeder, item=item)

    def receiving(self, parts: int = 0) -> int:
        """The resource of who waits for the next message, and takes it or only looks at it."""
        return channel_of(self.slot, RECEIVING | parts, message=self.words[TAKEN])

    def either(self, parts: int = 0) -> int:
        """The resource of who looks whether there is a message."""
        return channel_of(self.slot, SENDING | RECEIVING | parts)

    def add(self, size: int, sender: int, data: bytes | memoryview | str) -> bool:
        """Append a message; False if only its beginning has found room, and the rest is still to be sent.

        Args:
            size: Bytes that it takes up.
            sender: Number of who sends it.
            data: The message, or the file that it lies in.
        """
        words = self.words
        path = self._path(words[TAKEN] + words[MESSAGES])
        if isinstance(data, str):
            os.rename(data, path)  # noqa: PTH104 - it is quicker
        else:
            write(path, data)
        words[MESSAGES] += 1
        words[FILLED] += size
        words[SENT] += size
        fits = words[FILLED] <= CAPACITY
        words[SENDER] = 0 if fits else sender + 1
        return fits

    def take(self) -> bytes:
        """Take out the first message."""
        words = self.words
        path = self._path(words[TAKEN])
        with open(path, "rb") as file:  # noqa: PTH123 - it is quicker
            data = file.read()
        os.unlink(path)  # noqa: PTH108 - it is quicker
        words[TAKEN] += 1
        words[MESSAGES] -= 1
        words[FILLED] -= size_of(data)
        words[SENDER] = 0
        return data

    def _path(self, message: int) -> str:
        return f"{self._directory}/sent-{self.slot}-{message}"


def write(path: str, data: bytes | memoryview) -> None:
    """Write a new file."""
    with open(path, "wb", buffering=0) as file:  # noqa: PTH123 - it is quicker
        file.write(data)
