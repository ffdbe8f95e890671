"""Scheduling points: a process says what it is about to do, hands on the token and waits until it is chosen.

Exactly one process of a schedule runs at any time, the holder of the token; it decides itself who comes next, so
nobody else has to be woken for that. A process that is started runs up to its first operation at once and gives the
token back: what it does until then concerns nobody else.
"""

from __future__ import annotations

import os
import random
import sys
from collections.abc import Callable
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Never

from pytest_parlab.explore.control import layout as rows
from pytest_parlab.explore.control.board import Board
from pytest_parlab.explore.control.channels import leave_all
from pytest_parlab.explore.control.deaths import takes_over
from pytest_parlab.explore.control.ends import Ends
from pytest_parlab.explore.control.errands import Errands
from pytest_parlab.explore.control.feeders import Feeder, bury, flush
from pytest_parlab.explore.control.layout import AGAIN, ALONE, TIMED_OUT, Life, State
from pytest_parlab.explore.control.looks import Looks
from pytest_parlab.explore.control.making import Making
from pytest_parlab.explore.control.notes import Notes
from pytest_parlab.explore.control.places import NOWHERE, Places, Spot
from pytest_parlab.explore.control.repeating import Abandoned, Repeater
from pytest_parlab.explore.control.story import Story
from pytest_parlab.explore.control.tokens import GIVE_UP_S, Tokens
from pytest_parlab.explore.control.turns import OverError, choose
from pytest_parlab.explore.strategies.protocol import Strategy

active: Controller | None = None
"""This process's controller; None while nothing is explored."""

CONDUCTOR = rows.PROCESS_LIMIT
"""The number of the gate at which the process waits that conducts the search."""
LOOK_AFTER_S = 0.02
"""A process that has started others looks so often whether one of them is gone."""


class Controller(Making):
    """What one process of a schedule knows of it.

    Args:
        board: The shared state.
        tokens: Where the processes wait.
        strategy: Who goes on.
        directory: Where texts lie that do not fit into words.
        detailed: Write every step down in words, too.

    Attributes:
        process: This process's number.
        errands: What it has to do besides, before its next operation.
        ends: The ends of pipes that it has open.
        feeders: Its feeders of queues, by the queue's slot.
        at_end: What is done when the process leaves the schedule for good.
        looks: What its places have looked at.
        repeater: What it keeps for the next schedule, if there is one.
    """

    def __init__(
        self, board: Board, tokens: Tokens, strategy: Strategy, directory: Path, *, detailed: bool = False
    ) -> None:
        self.board = board
        self.tokens = tokens
        self.strategy = strategy
        self.directory = directory
        self.process, self.young = 0, False
        self.parent_pid, self.children = os.getppid(), list[BaseProcess]()
        self.ends, self.feeders = Ends(), dict[int, Feeder]()
        self.at_end: list[Callable[[], None]] = []
        self.spot, self.places = NOWHERE, Places()
        self.looks = Looks(self.places)
        self.errands = Errands(board)
        self.notes = Notes(directory)
        self.session = str(directory)
        self.story = Story(directory) if detailed else None
        self.repeater: Repeater | None = None

    def point(
        self,
        kind: int,
        resource: int,
        thing: object,
        *,
        changes: bool = True,
        looks: bool | None = None,
        needs: int = 0,
        first: int = 0,
        second: int = 0,
        timeout_s: float | None = None,
        again: bool = False,
        alone: bool = False,
        as_it_is: Callable[[], tuple[int, bool]] | None = None,
        spot: Spot | None = None,
    ) -> bool:
        """Wait until this process may do what it is about to do; it holds the token from then on.

        Args:
            kind: What it is about to do.
            resource: To what; see `resource_of`.
            thing: The same as a reader knows it; see `name`.
            changes: Whether others may see a difference.
            looks: Whether it may find that nothing has changed since it did the same before, as loops do that wait
                for something; by default if it changes nothing itself.
            needs: What must be the case before it can.
            first: First argument of `needs`.
            second: Second one.
            timeout_s: It gives up waiting after so long (virtual seconds).
            again: It has tried in vain, and needs that somebody changes something first.
            alone: It commutes with nothing that others do.
            as_it_is: Asked for `resource` and `changes` again when it is about to happen.
            spot: Where it happens, if that is not the place that calls.

        Returns:
            False if it gave up.
        """
        self._check()
        self.errands.before(kind, thing, needs, first, second)
        spot = spot or self.places.of(sys._getframe(1))
        looks = not changes if looks is None else looks
        if self.story is not None:
            self.story.next(self.process, kind, thing, spot)
        board = self.board
        row = board.row(self.process)
        row[rows.KIND], row[rows.RESOURCE], row[rows.CHANGES] = kind, resource, changes
        again = again or (looks and self.looks.in_vain(spot, resource, board.version))
        row[rows.NEEDS], row[rows.FIRST], row[rows.SECOND] = needs, first, second
        row[rows.AFTER], row[rows.FORCED] = (board.version + 1, AGAIN) if again else (0, ALONE * alone)
        row[rows.DEADLINE] = 0 if timeout_s is None else board.clock_ns + max(int(timeout_s * 1e9), 1)
        row[rows.SITE] = spot.number
        row[rows.STATE] = Life.WAITING
        self.spot = spot
        if self.young:
            self.young = False
            self._give(row[rows.PARENT])
            self.await_token()
        else:
            self._hand_on()
        if as_it_is is not None:
            row[rows.RESOURCE], row[rows.CHANGES] = as_it_is()
        if board.take_step(self.process, board.enabled) < 0:
            self.over(State.TOO_LONG)
        if not looks:
            board.changed()
        row[rows.STATE] = Life.YOUNG  # it runs: nobody chooses it before its next point
        if self.strategy.listens:
            self.strategy.happened(board, self.process, board.operation(self.process))
        if looks:
            self.looks.note(spot, resource, board.version)
        return not row[rows.FORCED] & TIMED_OUT

    def _hand_on(self) -> None:
        """Choose who goes on, and wait unless it is this process itself."""
        chosen = self.next()
        if chosen != self.process:
            self._give(chosen)
            self.await_token()

    def next(self) -> int:
        """Who goes on after this process; what feeders do first is done."""
        try:
            while True:
                chosen = choose(self.board, self.strategy)
                if not self.board.feeders >> chosen & 1:
                    return chosen
                flush(self, chosen)
        except OverError as over:
            self.over(over.state)

    def _give(self, process: int) -> None:
        self.board.holder = process
        self.tokens.give(process)

    def await_token(self) -> None:
        """Wait for the token."""
        while not self.tokens.wait(self.process, LOOK_AFTER_S if self.children else GIVE_UP_S):
            if os.getppid() != self.parent_pid:
                os._exit(1)  # whoever conducted the search is gone
            if takes_over(self):
                break
        if self.board.state is not State.RUNNING:
            self._leave()

    def mark_ended(self, number: int, code: int) -> None:
        """A process is over."""
        row = self.board.row(number)
        row[rows.KIND] *= row[rows.STATE] == Life.WAITING  # kept if another has ended it: what it would have done
        row[rows.STATE], row[rows.CODE] = Life.ENDED, code & 0xFFFF_FFFF
        leave_all(self.board, number)
        bury(self.board, number)
        self.board.changed()
        if self.repeater is not None and number != self.process:
            self.tokens.give(CONDUCTOR)  # it will not say so itself

    def birth(self, child: BaseProcess) -> int:
        """Number a process that is about to be started."""
        self._check()
        number = self.board.new_process(self.process)
        if number < 0:
            self.unmodelled(f"it starts more than {rows.PROCESS_LIMIT - 1} processes")
        vars(child)["_parlab_process"] = self.board.holder = number
        self.children.append(child)
        return number

    def born(self, number: int) -> None:
        """This process is a new one, forked from the one that the controller was made in."""
        self.process = number
        self.parent_pid = os.getppid()
        if self.repeater is not None:
            self.repeater = Repeater()
        if self.story is not None:
            self.story = Story(self.directory)
        self._begin()

    def _begin(self) -> None:
        """Begin the process's part of a schedule."""
        self.young = self.process != 0
        self.children, self.errands, self.feeders, self.at_end = [], Errands(self.board), {}, []
        self.ends.begin(self.board, self.process)
        self.looks.begin()
        self.board.row(self.process)[rows.PID] = os.getpid()
        random.seed(self.process)  # a fork takes a new seed, and chance is no schedule

    def rest(self) -> None:
        """Wait for the next schedule; the process ends if it is not needed there."""
        self.tokens.give(CONDUCTOR)
        while not self.tokens.wait(self.process, GIVE_UP_S):
            if os.getppid() != self.parent_pid:
                os._exit(0)
        if self.repeater is not None:
            if self.board.dismissed in {self.process + 1, rows.EVERYBODY}:
                self.repeater.dismiss_all()
                os._exit(0)
            self.repeater.begin()
        self.ends.turn += 1
        self._begin()

    def _check(self) -> None:
        """Leave a schedule that is over, also where the program's own clearing up gets here once more."""
        if self.repeater is not None and self.repeater.abandoned:
            raise Abandoned

    def ended(self, code: int) -> None:
        """This process is over; the token goes to another."""
        parent, young = self.board.row(self.process)[rows.PARENT], self.young
        self.mark_ended(self.process, code)
        self._give(parent if young else self.next())

    def over(self, state: State) -> Never:
        """The schedule is over: all its processes end."""
        board = self.board
        board.state = state
        for process in range(board.processes):
            if process != self.process and (not process or board.row(process)[rows.STATE] != Life.ENDED):
                self.tokens.give(process)
        self._leave()

    def finish(self) -> Never:
        """The function has returned: what else still runs of its schedule goes on until it waits or ends."""
        self.board.returned = self.board.step + 1
        self.mark_ended(self.process, 0)
        while True:
            self._give(self.next())
            self.await_token()

    def _leave(self) -> Never:
        """End this process, after those that it has started: nobody else would collect them."""
        if self.repeater is not None:
            self.repeater.abandoned = True
            raise Abandoned
        for last in self.at_end:
            last()
        for child in self.children:
            popen = getattr(child, "_popen", None)
            if popen is not None:
                popen.wait()
        if self.process == 0:
            self.tokens.give(CONDUCTOR)
        os._exit(0)

    def unmodelled(self, what: str) -> Never:
        """The program does something that cannot be scheduled."""
        spot = self.places.of(sys._getframe(1))
        self.notes.unmodelled(what, spot)
        self.over(State.UNMODELLED)

    def tell(self, action: str, thing: object, value: object = "") -> None:
        """Write the last step down in words, if somebody wants to read them."""
        if self.story is not None:
            self.story.step(self.board.step - 1, action, thing, self.spot, value)

    def holds(self, thing: object, *, now: bool) -> None:
        """Write down that this process has a lock now, or no longer."""
        if self.story is not None:
            self.story.lock(self.process, thing, self.spot, held=now)
