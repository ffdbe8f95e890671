"""The ends of pipes that a process has open: inherited when it is forked, closed at the latest when it ends."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from pytest_parlab.explore.control.channels import Channel, open_ends
from pytest_parlab.explore.control.layout import MESSAGES, READERS, TAKEN, WRITERS
from pytest_parlab.explore.control.story import Named, name_of, number_of
from pytest_parlab.explore.operations import SENDING, Kind, channel_of

if TYPE_CHECKING:
    from pytest_parlab.explore.control.board import Board
    from pytest_parlab.explore.control.controller import Controller

End = tuple[int, int]
"""Slot of the channel, and `WRITERS` or `READERS`."""


class Ends:
    """What one process has open.

    Attributes:
        turn: Which schedule of the process it is: what is left of earlier ones closes nothing in this one.
    """

    def __init__(self) -> None:
        self.turn = 0
        self._open: dict[End, Named] = {}

    def __len__(self) -> int:
        return len(self._open)

    def begin(self, board: Board, process: int) -> None:
        """The process begins, with what the one that has started it had open."""
        self._open = {end: self._open.get(end) or Named("Pipe", end[0]) for end in open_ends(board, process)}

    def bequeath(self, board: Board, child: int) -> None:
        """A process is started, and has the same open."""
        for slot, role in self._open:
            board.slot(slot)[role] |= 1 << child

    def opened(self, control: Controller, end: End, thing: object) -> None:
        """An end is open in this process."""
        self._open[end] = Named(name_of(thing), number_of(thing))
        control.board.slot(end[0])[end[1]] |= 1 << control.process

    def forget(self, end: End) -> None:
        """An end is nobody's any more."""
        self._open.pop(end, None)

    def close(self, control: Controller, ends: Iterable[End]) -> None:
        """Close those of these ends that are open."""
        last: dict[int, list[int]] = {}
        things = {}
        for end in ends:
            if end in self._open:
                things[end[0]] = self._open.pop(end)
                last.setdefault(end[0], []).append(end[1])
        for slot, roles in last.items():
            _close(control, slot, roles, things[slot])

    def drop(self, control: Controller, ends: Iterable[End], turn: int) -> None:
        """The same, for what was open in an object that is no more."""
        if turn == self.turn:
            self.close(control, ends)

    def close_all(self, control: Controller) -> None:
        """This process is about to end."""
        control.errands.run()
        self.close(control, sorted(self._open))


def _close(control: Controller, slot: int, roles: list[int], thing: object) -> None:
    channel, others = Channel(control, slot), ~(1 << control.process)
    words = channel.words

    def closing() -> tuple[int, bool]:
        """Only the last one to close an end makes a difference: nothing more comes, or is received."""
        last = any(words[role] and not words[role] & others for role in roles)
        return channel_of(slot, SENDING, message=words[TAKEN] + words[MESSAGES]), last

    control.point(Kind.CLOSE, channel_of(slot, SENDING), thing, looks=False, as_it_is=closing)
    for role in roles:
        words[role] &= others
    names = {WRITERS: "the writing", READERS: "the reading"}
    text = " and ".join(names[role] for role in sorted(roles))
    control.tell(f"closes {text} end{'s' * (len(roles) > 1)} of", thing)
