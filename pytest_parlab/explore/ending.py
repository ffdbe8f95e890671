"""How a schedule ended, read from its board and from what its processes left."""

from __future__ import annotations

import json
import pickle
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pytest_parlab.explore.calling import RESULT
from pytest_parlab.explore.control import layout as rows
from pytest_parlab.explore.control.board import Board
from pytest_parlab.explore.control.layout import State
from pytest_parlab.explore.control.notes import Notes
from pytest_parlab.explore.control.recorded import run_of, sites_of
from pytest_parlab.explore.control.story import FILE
from pytest_parlab.explore.exploration import DEADLOCK, Raised
from pytest_parlab.explore.outcomes import freeze
from pytest_parlab.explore.run import Run


@dataclass(frozen=True)
class Ending:
    """How a schedule ended.

    Attributes:
        state: Of the schedule.
        run: Its steps.
        sites: A number for the place of each step, the same in every run.
        outcome: What the function returned, frozen, `Raised` or `DEADLOCK`; None if there is none.
        check: The error is of the check that was made of the result, not of the function.
        traceback: Of what was raised.
        trouble: Why it shows nothing, with the place; empty if it does show something.
        cut: Processes that were left when the function returned did not come to an end.
        story: What its processes wrote down of their steps, if they were asked to.
    """

    state: State
    run: Run
    sites: tuple[int, ...]
    outcome: Any = None
    check: bool = False
    traceback: str = ""
    trouble: str = ""
    cut: bool = False
    story: tuple[tuple[Any, ...], ...] = field(default=(), repr=False)

    @property
    def same(self) -> tuple[object, ...]:
        """What is equal for two runs of one schedule."""
        return self.state, self.run, self.sites, self.outcome


def ending_of(board: Board, own: Path, code: int | None = None, trouble: str = "") -> Ending:
    """Read how a schedule ended.

    Args:
    board: Its board.
    own: Where its processes left texts.
    code: Exit code of process 0, if that is over.
    trouble: Why the schedule is not over.
    """
    run, sites, state = run_of(board), sites_of(board), board.state
    story = _story(own)
    if trouble:
        return Ending(state, run, sites, trouble=trouble, story=story)
    if state is State.FINISHED:
        checked, outcome, trace = pickle.loads((own / RESULT).read_bytes())  # noqa: S301 - written by `_call`
        return Ending(state, run, sites, freeze(outcome), checked, trace, cut=board.cut, story=story)
    if state is State.DEADLOCK:
        return Ending(state, run, sites, DEADLOCK, story=story)
    if state is State.RUNNING:
        died = Raised("ProcessDied", f"the process that called the function ended with exit code {code}")
        return Ending(state, run, sites, died, story=story)
    if state is State.UNMODELLED:
        return Ending(state, run, sites, trouble=Notes(own).what_is_unmodelled(), story=story)
    if state is State.TOO_LONG:
        trouble = f"a schedule has more than {rows.STEP_LIMIT:,} steps"
    return Ending(state, run, sites, trouble=trouble, story=story)


def _story(own: Path) -> tuple[tuple[Any, ...], ...]:
    path = own / FILE
    if not path.exists():
        return ()
    return tuple(tuple(json.loads(line)) for line in path.read_text().splitlines())
