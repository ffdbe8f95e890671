"""Slots and names for the objects that the processes of a schedule share."""

from __future__ import annotations

import sys
import zlib
from typing import Never

from pytest_parlab.explore.control.board import Board
from pytest_parlab.explore.control.layout import KEY, OWN_SLOTS
from pytest_parlab.explore.control.places import Places


class Making:
    """What a process needs where an object is made, or met for the first time.

    Attributes:
        board: The shared state.
        process: This process's number.
        places: The places of the source that it has met.
    """

    board: Board
    process: int
    places: Places

    def unmodelled(self, what: str) -> Never:
        """The program does something that cannot be scheduled."""
        raise NotImplementedError(what)

    def made_at(self) -> str:
        """Where the user's code makes something right now, as text."""
        text = self.places.of(sys._getframe(1)).text
        return f" made at {text}" if text else ""

    def slot_named(self, name: str, value: int = 0, most: int = 0) -> int:
        """The slot of an object that has a name, or is older than the schedule: the same in all its processes."""
        made = self.board.made_slot(_key(name))
        return self._known(self.board.old_slot(_key(name), value, most)) if made < 0 else made

    def name_slot(self, name: str) -> int:
        """A slot for a new object that others know by a name, which may be another one in each schedule."""
        number = self.new_slot()
        self.board.slot(number)[KEY] = _key(name)
        return number

    def new_slot(self, value: int = 0, most: int = 0) -> int:
        """A slot for a new object."""
        return self._known(self.board.new_slot(self.process, value, most))

    def _known(self, number: int) -> int:
        if number < 0:
            self.unmodelled(f"a process makes more than {OWN_SLOTS} locks, queues and shared objects")
        return number


def _key(name: str) -> int:
    return zlib.crc32(name.encode()) | 1 << 32
