"""Where the workers of a pool get their tasks under control, and leave what has become of them.

```
the maker of the pool                  a worker
  puts off what it submits
  SUBMIT   ---- task-N, a file --->    TAKE, whichever is next
                                       runs it
  RESULT  <--- result-N, a file ---    FINISH
```
"""

from __future__ import annotations

import pickle
from dataclasses import astuple, dataclass
from pathlib import Path

from pytest_parlab.explore.control import controller
from pytest_parlab.explore.control import layout as rows
from pytest_parlab.explore.control.controller import Controller
from pytest_parlab.explore.control.layout import Life, Needs
from pytest_parlab.explore.control.repeating import Abandoned
from pytest_parlab.explore.operations import Kind, resource_of

NEXT, CLOSED = rows.OWNER, rows.DEPTH
"""What the words of a queue's slot mean besides `VALUE`, the number of its tasks: which comes next, if it is still
there, and whether there will be no others."""
TAKERS = rows.WAITERS
"""Word of the results' slot: the workers that have ever taken a task. `VALUE` is how many tasks are finished."""


@dataclass(frozen=True)
class Task:
    """A task that was submitted.

    Attributes:
        index: Which one of its pool's, from 0.
        job: The slot that counts how many are finished of those submitted together.
        label: It, as a reader knows it.
        call: What there is to do, pickled.
    """

    index: int
    job: int
    label: str
    call: bytes


@dataclass(frozen=True)
class Desk:
    """What all processes know of a pool.

    Attributes:
        queue: The slot of the tasks that nobody has taken.
        results: The slot of those that are finished; each is a part of it as a resource.
        name: The pool, as a reader knows it.
    """

    queue: int
    results: int
    name: str

    def hand_over(self, task: Task) -> None:
        """Let workers take a task."""
        control = here()
        self._path(control, "task", task.index).write_bytes(pickle.dumps(astuple(task)))
        control.board.slot(self.queue)[rows.VALUE] += 1

    def take_back(self, index: int) -> bool:
        """Let nobody take a task; False if somebody has."""
        control = here()
        if self.is_taken(index):
            return False
        self._path(control, "task", index).unlink()
        control.board.slot(self.queue)[rows.VALUE] -= 1
        return True

    def is_taken(self, index: int) -> bool:
        """Tell whether somebody has taken a task that was submitted."""
        return bool(index < here().board.slot(self.queue)[NEXT])

    def take(self) -> Task | None:
        """The next task; None if there will be none any more."""
        control = here()
        slot = control.board.slot(self.queue)
        if slot[rows.VALUE] or not slot[CLOSED]:
            control.point(Kind.TAKE, resource_of(self.queue), self.name, needs=Needs.VALUE, first=self.queue)
        if not slot[rows.VALUE]:
            return None
        while not self._path(control, "task", slot[NEXT]).exists():  # it was taken back
            slot[NEXT] += 1
        task = Task(*pickle.loads(self._path(control, "task", slot[NEXT]).read_bytes()))  # noqa: S301 - our own
        slot[rows.VALUE] -= 1
        slot[NEXT] += 1
        control.board.slot(self.results)[TAKERS] |= 1 << control.process
        control.tell("takes", task.label)
        control.holds(task.label, now=True)
        return task

    def finish(self, task: Task, outcome: bytes) -> None:
        """Leave what has become of a task."""
        control = here()
        control.point(Kind.FINISH, resource_of(self.results, task.index), task.label)
        self._path(control, "result", task.index).write_bytes(outcome)
        for slot in (self.results, task.job):
            control.board.slot(slot)[rows.VALUE] += 1
        control.tell("finishes", task.label)
        control.holds(task.label, now=False)

    def outcome(self, index: int) -> bytes | None:
        """What has become of a task; None if it is not finished."""
        path = self._path(here(), "result", index)
        return path.read_bytes() if path.exists() else None

    def is_idle(self, process: int) -> bool:
        """Tell whether a worker waits for a task that is not there."""
        board = here().board
        row = board.row(process)
        waits = row[rows.STATE] == Life.WAITING and row[rows.KIND] == Kind.TAKE
        return waits and not board.slot(self.queue)[rows.VALUE]

    def close(self, processes: list[int]) -> None:
        """Let these workers end, for there will be no more tasks; nobody has to choose when."""
        board = here().board
        board.slot(self.queue)[CLOSED] = 1
        for process in processes:
            if self.is_idle(process):
                row = board.row(process)
                row[rows.KIND], row[rows.CHANGES], row[rows.NEEDS] = Kind.JOIN, 0, 0

    def _path(self, control: Controller, what: str, index: int) -> Path:
        return control.directory / f"{what}-{self.queue}-{index}"


def here() -> Controller:
    """The controller of this process."""
    control = controller.active
    if control is None:
        raise RuntimeError("nothing is explored")
    if control.repeater is not None and control.repeater.abandoned:
        raise Abandoned  # the program clears up after a schedule that is over
    return control
