"""Feeders: what a process puts into a queue is moved into the queue's pipe later, by nobody's code.

```
process --put--> its items --flush--> the pipe --get--> another process
```

A feeder has a row on the board as a process has, so that its steps can be chosen like theirs; whoever holds the token
takes them on its behalf. Its number depends on nothing but who puts, and how many queues that one has put into
before: it is the same in all schedules.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from multiprocessing.process import current_process
from typing import TYPE_CHECKING, Any

from pytest_parlab.explore.control import layout as rows
from pytest_parlab.explore.control.channels import Channel, size_with_header, write
from pytest_parlab.explore.control.layout import Life, Needs, State
from pytest_parlab.explore.control.places import Spot
from pytest_parlab.explore.control.story import Named, name_of, shown
from pytest_parlab.explore.happens_before import bits
from pytest_parlab.explore.operations import SENDING, Kind, channel_of, resource_of
from pytest_parlab.explore.run import LIFE

if TYPE_CHECKING:
    from pytest_parlab.explore.control.board import Board
    from pytest_parlab.explore.control.controller import Controller

_APART, _SPREAD = 8, 40
"""How far apart the numbers of one process's feeders are, and over how many numbers all are spread."""


@dataclass
class Feeder:
    """What a process knows of its feeder for one queue.

    Attributes:
        number: Of its row.
        slot: Of the queue's channel.
        queue: What a reader knows it by.
        given: How many items it was given.
        abandoned: The process does not wait for it in the end.
        spot: Where it was given its last item.
    """

    number: int
    slot: int
    queue: Named
    given: int = 0
    abandoned: bool = False
    spot: Spot | None = None

    @property
    def thing(self) -> Named:
        """What a reader knows it by."""
        return Named(f"its feeder, which still has items for {self.queue.name}", self.slot)


def feeder_for(control: Controller, slot: int, queue: object) -> Feeder:
    """This process's feeder for the queue in a slot."""
    known = control.feeders.get(slot)
    if known is None:
        known = Feeder(_free_row(control), slot, Named(name_of(queue), slot))
        control.feeders[slot] = known
        control.board.feeders |= 1 << known.number
    return known


def _free_row(control: Controller) -> int:  # noqa: RET503 - it ends there
    board = control.board
    taken, last = board.feeders, rows.PROCESS_LIMIT - 1
    number = last - (control.process + _APART * len(control.feeders)) % _SPREAD
    for _ in range(rows.PROCESS_LIMIT):
        if number >= board.processes and not taken >> number & 1:
            return number
        number = number - 1 if number else last
    control.unmodelled(f"there are more than {rows.PROCESS_LIMIT} processes and feeders of queues")


def feed(control: Controller, feeder: Feeder, data: bytes | memoryview, value: object) -> None:
    """Give an item to a feeder, in the step of who puts it."""
    row = control.board.row(feeder.number)
    item = feeder.given
    feeder.given += 1
    feeder.spot = control.spot
    write(_path(control, feeder.number, item), data)
    if control.story is not None:
        facts = [f"feeder of {current_process().name}", feeder.queue.name, *control.spot[:2], shown(value)]
        write(f"{_path(control, feeder.number, item)}-told", json.dumps(facts).encode())
    if row[rows.STATE] == Life.NONE:
        row[rows.PARENT], row[rows.BORN] = control.process, control.board.step
    row[rows.QUEUED] += 1
    if row[rows.QUEUED] == 1:
        row[rows.FIRST], row[rows.SITE], row[rows.CHANGES] = feeder.slot, control.spot.number, 1
        _prepare(control, feeder.number, row)


def _path(control: Controller, number: int, item: int) -> str:
    return f"{control.session}/put-{number}-{item}"


def _prepare(control: Controller, number: int, row: memoryview) -> None:
    """Say what a feeder is about to do."""
    item, slot = row[rows.FLUSHED], row[rows.FIRST]
    length = 0 if row[rows.RESTING] else os.stat(_path(control, number, item)).st_size  # noqa: PTH116 - quicker
    row[rows.SECOND] = 0 if row[rows.RESTING] else size_with_header(length)
    row[rows.KIND], row[rows.FORCED] = Kind.FLUSH, 0
    row[rows.RESOURCE] = channel_of(slot, SENDING, feeder=number, item=item)
    row[rows.STATE] = Life.WAITING
    _tell(control, number, item, next_=True, again=bool(row[rows.RESTING]))


def flush(control: Controller, number: int) -> None:
    """Take the step of a feeder, on its behalf."""
    board = control.board
    row = board.row(number)
    item, channel = row[rows.FLUSHED], Channel(control, row[rows.FIRST])
    row[rows.RESOURCE] = channel.sending(row[rows.SECOND], feeder=number, item=item)
    if board.take_step(number, board.enabled) < 0:
        control.over(State.TOO_LONG)
    board.changed()
    if control.strategy.listens:
        control.strategy.happened(board, number, board.operation(number))
    rest = row[rows.RESTING]
    _tell(control, number, item, next_=False, again=bool(rest))
    done = rest or channel.add(row[rows.SECOND], number, _path(control, number, item))
    row[rows.RESTING] = not done
    if done:
        row[rows.FLUSHED] += 1
        row[rows.QUEUED] -= 1
    if row[rows.QUEUED]:
        _prepare(control, number, row)
    else:
        row[rows.KIND], row[rows.STATE] = 0, Life.ENDED if row[rows.CLOSING] else Life.YOUNG


def _tell(control: Controller, number: int, item: int, *, next_: bool, again: bool) -> None:
    story = control.story
    if story is None:
        return
    with open(f"{_path(control, number, item)}-told", encoding="utf-8") as file:  # noqa: PTH123 - like the others
        name, text, path, line, value = json.load(file)
    queue = Named(text, control.board.row(number)[rows.FIRST])
    spot = Spot(path, line)
    if next_:
        story.next(number, Kind.FLUSH, queue, spot, who=name)
    else:
        action = "sends the rest of" if again else "sends"
        story.step(control.board.step - 1, action, queue, spot, value, who=name)


def drain(control: Controller, feeder: Feeder) -> None:
    """Wait until a feeder of this process has sent all; it is given nothing more."""
    row = control.board.row(feeder.number)
    row[rows.CLOSING] = 1
    if not row[rows.QUEUED]:
        row[rows.STATE] = Life.ENDED
    control.point(
        Kind.JOIN, resource_of(LIFE + feeder.number), feeder.thing, changes=False, looks=False,
        needs=Needs.ENDED, first=1 << feeder.number, spot=feeder.spot,
    )  # fmt: skip
    control.tell("has sent all that it put into", feeder.queue)
    feeder.given = 0


def _give_up(control: Controller, feeder: Feeder) -> None:
    """Leave what a feeder has not yet sent."""
    control.point(Kind.CLOSE, channel_of(feeder.slot, SENDING), feeder.queue, spot=feeder.spot)
    control.tell("gives up what it has not yet sent to", feeder.queue)
    control.board.row(feeder.number)[rows.STATE] = Life.ENDED


def drain_all(control: Controller) -> None:
    """This process is about to end."""
    for feeder in control.feeders.values():
        if feeder.given:
            leave: Any = _give_up if feeder.abandoned else drain
            leave(control, feeder)


def bury(board: Board, process: int) -> None:
    """A process is over, and with it its feeders."""
    for feeder in bits(board.feeders):
        row = board.row(feeder)
        if row[rows.STATE] and row[rows.PARENT] == process:
            row[rows.STATE] = Life.ENDED
