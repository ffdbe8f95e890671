"""Whose turn it is: who can go on, and what happens when nobody can."""

from __future__ import annotations

from pytest_parlab.explore.control.board import Board
from pytest_parlab.explore.control.channels import has_room, is_readable
from pytest_parlab.explore.control.layout import (
    AFTER,
    AT_CLOCK,
    AT_FEEDERS,
    AT_PROCESSES,
    AT_VERSION,
    DEADLINE,
    ELIGIBLE,
    FIRST,
    FORCED,
    KIND,
    MOST,
    NEEDS,
    OWNER,
    PERMITS,
    PROCESS_ROWS,
    ROW,
    SECOND,
    SLOT,
    SLOT_ROWS,
    STATE,
    TIMED_OUT,
    VALUE,
    WATCHED_LIMIT,
    WATCHED_ROWS,
    Life,
    Needs,
    State,
)
from pytest_parlab.explore.happens_before import bits
from pytest_parlab.explore.operations import Kind
from pytest_parlab.explore.strategies.protocol import Strategy
from pytest_parlab.explore.strategies.replay import DIVERGED

FUTILE_LOOKS = 20
"""Looks from one place that show nothing new before a loop counts as waiting, if its source does not tell."""
_PATIENCE = 10 * FUTILE_LOOKS
"""Rounds in which nothing but such loops can go on."""
_AFTERWARDS = 100
"""Steps that are taken when the function has returned: what is left of its processes may still go on."""
_TICK_NS = 10_000_000
_WAITING = int(Life.WAITING)
_JOIN = int(Kind.JOIN)


class OverError(Exception):
    """Nobody goes on: the schedule is over.

    Attributes:
        state: How it stands.
    """

    def __init__(self, state: State) -> None:
        super().__init__(state.name)
        self.state = state


def choose(board: Board, strategy: Strategy) -> int:
    """Who goes on.

    Raises:
        OverError: Nobody does.
    """
    memory = board.memory
    enabled = find_enabled(memory)
    if board.returned:
        board.cut = bool(enabled) and board.step - board.returned > _AFTERWARDS
        if board.cut or not enabled:
            raise OverError(State.FINISHED)
    if not enabled:
        chosen = fire_timeout(memory)
        if chosen < 0:
            chosen = _let_look_again(board)
        if chosen < 0:
            raise OverError(State.DEADLOCK)
        board.enabled = 1 << chosen
        return chosen
    board.enabled = enabled
    joiner = find_joiner(memory, enabled)
    if joiner >= 0:
        return joiner
    if not (enabled & enabled - 1 or strategy.listens):
        return enabled.bit_length() - 1
    chosen = strategy.choose(board)
    if chosen < 0:
        raise OverError(State.DIVERGED if chosen == DIVERGED else State.ABANDONED)
    return chosen


def _let_look_again(board: Board) -> int:
    """Nobody but loops that wait for a change can go on: time passes for them, but not for ever."""
    for process in range(board.processes):
        row = board.row(process)
        if row[STATE] == _WAITING and row[AFTER] and board.wait_again(_PATIENCE):
            board.clock_ns += _TICK_NS
            row[FORCED] |= TIMED_OUT
            return process
    return -1


def find_enabled(memory: memoryview) -> int:
    """The set of the processes that can go on."""
    found = 0
    for process in range(memory[AT_PROCESSES]):
        at = PROCESS_ROWS + process * ROW
        if memory[at + STATE] == _WAITING and (
            not (memory[at + NEEDS] or memory[at + AFTER]) or _can_go_on(memory, process, at)
        ):
            found |= 1 << process
    feeders = memory[AT_FEEDERS]
    while feeders:
        feeder = feeders.bit_length() - 1
        feeders ^= 1 << feeder
        at = PROCESS_ROWS + feeder * ROW
        if memory[at + STATE] == _WAITING and has_room(memory, memory[at + FIRST], memory[at + SECOND]):
            found |= 1 << feeder
    return found


def _can_go_on(memory: memoryview, process: int, at: int) -> bool:
    needs, first, second, after = memory[at + NEEDS : at + NEEDS + 4].tolist()
    return memory[AT_VERSION] >= after and _is_met(memory, process, needs, first, second)


def is_met(board: Board, needs: int, first: int, second: int) -> bool:
    """Tell whether the process that has the token could go on at once."""
    return _is_met(board.memory, board.holder, needs, first, second)


def _is_met(memory: memoryview, process: int, needs: int, first: int, second: int) -> bool:
    slot = SLOT_ROWS + first * SLOT
    if needs == Needs.VALUE:
        return memory[slot + VALUE] > 0
    if needs == Needs.FREE:
        return memory[slot + VALUE] > 0 or memory[slot + OWNER] == process + 1
    if needs == Needs.ENDED:
        return _has_ended_one(memory, first)
    if needs == Needs.NOTIFIED:
        let_go = memory[slot + PERMITS] > 0 and memory[slot + ELIGIBLE] >> process & 1
        return bool(let_go) and memory[SLOT_ROWS + second * SLOT + VALUE] > 0
    if needs == Needs.OTHER_VALUE:
        return memory[slot + VALUE] != second
    if needs == Needs.AT_MOST:
        return memory[slot + VALUE] <= second
    if needs == Needs.REACHED:
        return memory[slot + VALUE] >= memory[slot + MOST] or _has_ended_one(memory, second)
    if needs == Needs.READABLE:
        return is_readable(memory, first, whole=not second)
    if needs == Needs.ROOM:
        return has_room(memory, first, second)
    if needs == Needs.ANY:
        watched = WATCHED_ROWS + process * WATCHED_LIMIT
        return _has_ended_one(memory, first) or any(
            is_readable(memory, channel) for channel in memory[watched : watched + second]
        )
    return True


def _has_ended_one(memory: memoryview, processes: int) -> bool:
    """Tell whether one of a set of processes and feeders has ended."""
    return any(memory[PROCESS_ROWS + process * ROW + STATE] == Life.ENDED for process in bits(processes))


def find_joiner(memory: memoryview, enabled: int) -> int:
    """One of these processes that waited for an end and can go on; -1 if there is none.

    That commutes with all that anybody else could do now, so it need not be anybody's choice.
    """
    for process in range(memory[AT_PROCESSES]):
        at = PROCESS_ROWS + process * ROW
        if enabled >> process & 1 and memory[at + KIND] == _JOIN and not memory[at + DEADLINE]:
            return process
    return -1


def fire_timeout(memory: memoryview) -> int:
    """Nobody can go on: let the process go whose waiting ends first; -1 if nobody's waiting ends.

    Its row says `FORCED` then.
    """
    earliest, found = 0, -1
    for process in range(memory[AT_PROCESSES]):
        at = PROCESS_ROWS + process * ROW
        deadline = memory[at + DEADLINE]
        if memory[at + STATE] == _WAITING and deadline and (found < 0 or deadline < earliest):
            earliest, found = deadline, process
    if found >= 0:
        memory[PROCESS_ROWS + found * ROW + FORCED] |= TIMED_OUT
        memory[AT_CLOCK] = max(memory[AT_CLOCK], earliest)
    return found
