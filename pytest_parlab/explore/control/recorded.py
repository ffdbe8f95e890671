"""A schedule as it was run, read from the board."""

from __future__ import annotations

from pytest_parlab.explore.control.board import Board
from pytest_parlab.explore.control.layout import BORN, KIND, LAST, PARENT, STATE, STEP, STEP_ROWS, Life, State
from pytest_parlab.explore.happens_before import bits
from pytest_parlab.explore.operations import Operation
from pytest_parlab.explore.run import Birth, Run, Step

_KIND, _CHANGES, _FORCED = 0xFF, 8, 9
"""How an operation is packed: a mask, and two bits."""


def run_of(board: Board) -> Run:
    """The schedule on a board."""
    feeders = [feeder for feeder in bits(board.feeders) if board.row(feeder)[STATE]]
    rows = {process: board.row(process) for process in (*range(board.processes), *feeders)}
    return Run(
        tuple(_step(board, index) for index in range(board.step)),
        births={process: Birth(row[PARENT], row[BORN] - 1) for process, row in rows.items() if process},
        ends={process: row[LAST] - 1 for process, row in rows.items() if row[STATE] == Life.ENDED},
        pending={process: board.operation(process) for process, row in rows.items() if _has_more_to_do(row)},
        abandoned=board.state is State.ABANDONED,
    )


def _has_more_to_do(row: memoryview) -> bool:
    return row[STATE] == Life.WAITING or (row[STATE] == Life.ENDED and row[KIND] > 0)


def _step(board: Board, index: int) -> Step:
    at = STEP_ROWS + index * STEP
    process, packed, resource, enabled = board.memory[at : at + 4].tolist()
    operation = Operation(packed & _KIND, resource, bool(packed >> _CHANGES & 1), bool(packed >> _FORCED))
    return Step(process, operation, enabled)


def sites_of(board: Board) -> tuple[int, ...]:
    """The number of the place of each step."""
    return tuple(board.memory[STEP_ROWS + index * STEP + 4] for index in range(board.step))
