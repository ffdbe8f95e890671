"""The tasks of a pool under control, as the process sees them that has made it.

The helper threads of the real one do nothing that could be told from this, but for the callbacks, which the maker
runs itself when it looks at results. Nobody can tell either how early a task is submitted, only how early it is
taken: so all that were submitted are handed over together, before the maker's next operation.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from functools import partial
from itertools import groupby
from multiprocessing.process import BaseProcess
from typing import Any

from pytest_parlab.explore.control import layout as rows
from pytest_parlab.explore.control.desk import TAKERS, Desk, Task, here
from pytest_parlab.explore.control.layout import Needs
from pytest_parlab.explore.control.places import Spot
from pytest_parlab.explore.control.processes import has_ended, number_of
from pytest_parlab.explore.control.story import name_of
from pytest_parlab.explore.operations import WHOLE, Kind, resource_of

_NEVER = 0
"""The slot of nobody: whoever needs a value there waits for ever."""


class Tasks:
    """The tasks of one pool.

    Args:
        pool: The pool or executor.
        deliver: Called with the number and the outcome of a task, once, when the maker gets to know of it.
        lost: Called when the maker gets to know that workers have ended; it may add others to `workers`.

    Attributes:
        desk: What the workers know.
        workers: Those that are alive, as far as the maker knows.
        open: The tasks whose outcome it does not know, and their jobs.
        attentive: It has to react to each task that is finished.
        has_callbacks: That is because others may see how it does.
        over: Nobody works any more.
    """

    def __init__(
        self,
        pool: Any,
        deliver: Callable[[int, bytes], None],
        lost: Callable[[list[BaseProcess]], None],
    ) -> None:
        control = here()
        pool._parlab_made = control.made_at()
        self.desk = Desk(control.new_slot(), control.new_slot(), name_of(pool))
        self.workers: list[BaseProcess] = []
        self.open: dict[int, int] = {}
        self.attentive = self.has_callbacks = self.over = self._busy = False
        self._rested = -1
        self._maker, self._pool, self._deliver, self._lost = control.process, pool, deliver, lost
        self._count = self._known = 0
        self._labels: dict[int, str] = {}
        self._sizes: dict[int, int] = {}
        self._delivered: dict[int, int] = {}
        self._put_off: list[tuple[Task, Spot]] = []
        control.errands.attendants.append(self)

    @property
    def foreign(self) -> bool:
        """Whether this process is not the one that has made the pool, so that nobody works for it."""
        return here().process != self._maker

    def submit(self, calls: Sequence[bytes], name: str) -> tuple[int, int]:
        """Submit tasks whose results are waited for together: the number of their job, and of the first task."""
        control, first = here(), self._count
        self._count += len(calls)
        numbers = f"task {self._count}" if len(calls) == 1 else f"tasks {first + 1} to {self._count}"
        label = f"{numbers}, {name}, of {self.desk.name}"
        job = control.new_slot(0, len(calls))
        self._labels[job], self._sizes[job], self._delivered[job] = label, len(calls), 0
        spot = control.places.of(sys._getframe(1))
        if not self._put_off and not self.foreign:
            control.errands.add(self._hand_over)
        for index, call in enumerate(calls, first):
            self.open[index] = job
            self._put_off.append((Task(index, job, label, call), spot))
        return job, first

    def _hand_over(self) -> None:
        control, put_off = here(), self._put_off
        self._put_off = []
        self._point(Kind.SUBMIT, resource_of(self.desk.queue), self._pool)
        for task, _ in put_off:
            self.desk.hand_over(task)
        for (control.spot, label), _ in groupby((spot, task.label) for task, spot in put_off):
            control.tell("submits", label)

    def wait(self, job: int, index: int = WHOLE, *, count: int = 0, timeout_s: float | None = None) -> bool:
        """Wait until tasks of a job are finished, and deliver their results; False if that took too long.

        Args:
            job: Which one.
            index: Its only task, if it has only one.
            count: How many of its tasks; 0 for all.
            timeout_s: Virtual seconds.
        """
        control, count = here(), count or self._sizes[job]
        if self.foreign:
            self.wait_in_vain(job, timeout_s)
            return False
        if timeout_s is not None and timeout_s <= 0:
            self.look(job, index)
            return self._delivered[job] >= count
        ends_ns = None if timeout_s is None else control.board.clock_ns + int(timeout_s * 1e9)
        while self._delivered[job] < count:
            left_s = None if ends_ns is None else (ends_ns - control.board.clock_ns) / 1e9
            if self.attentive:
                in_time = self._pause(self.desk.results, self._known + 1, WHOLE, self._labels[job], left_s)
            else:
                in_time = self._pause(job, count, index, self._labels[job], left_s)
            if not in_time:
                return False
            self._notice(None if self.attentive else job)
        return True

    def wait_for_any(self, timeout_s: float | None) -> bool:
        """Wait until a task is finished that was not, and deliver its result; False if that took too long."""
        label, results = f"any task of {self.desk.name}", self.desk.results
        in_time = True
        if timeout_s is not None and timeout_s <= 0:
            self._point(Kind.LOOK, resource_of(results), label, changes=False)
        else:
            in_time = self._pause(results, self._known + 1, WHOLE, label, timeout_s)
        self._notice(None)
        return in_time

    def _pause(self, slot: int, value: int, index: int, label: str, timeout_s: float | None) -> bool:
        """Wait until a slot has a value, or a worker has ended; False if that took too long."""
        control = here()
        control.board.slot(slot)[rows.MOST] = value
        in_time = self._point(
            Kind.RESULT, resource_of(self.desk.results, index), label, changes=False, looks=False,
            needs=Needs.REACHED, first=slot, second=sum(1 << (number_of(worker) or 0) for worker in self.workers),
            timeout_s=timeout_s,
        )  # fmt: skip
        if not in_time:
            control.tell("gives up waiting for", label)
        elif control.board.slot(slot)[rows.VALUE] >= value:
            control.tell("gets the result of" if index != WHOLE or slot != self.desk.results else "sees", label)
        return in_time

    def wait_in_vain(self, job: int, timeout_s: float | None) -> None:
        """Wait for results that nobody delivers."""
        self._point(
            Kind.RESULT, resource_of(self.desk.results), self._labels[job], changes=False, looks=False,
            needs=Needs.VALUE, first=_NEVER, timeout_s=timeout_s,
        )  # fmt: skip

    def look(self, job: int, index: int = WHOLE) -> None:
        """Deliver the results of a job that are there."""
        control = here()
        index = WHOLE if self.attentive else index
        self._point(Kind.LOOK, resource_of(self.desk.results, index), self._labels[job], changes=False)
        there = control.board.slot(job)[rows.VALUE] >= self._sizes[job]
        control.tell("finds finished" if there else "finds unfinished", self._labels[job])
        if not self.foreign:
            self._notice(None if self.attentive else job)

    def is_running(self, index: int) -> bool:
        """Tell whether somebody has taken a task, and not finished it."""
        job = self.open[index]
        self._point(Kind.LOOK, resource_of(self.desk.queue), self._labels[job], changes=False)
        if not self.desk.is_taken(index):
            here().tell("finds not begun", self._labels[job])
            return False
        here().tell("finds begun", self._labels[job])
        self.look(job, index)
        return index in self.open

    def take_back(self, indices: Sequence[int]) -> list[int]:
        """Cancel those of some tasks that nobody has taken; which ones that are."""
        control, label = here(), self._labels[self.open[indices[0]]] if len(indices) == 1 else self._pool
        control.point(Kind.CLOSE, resource_of(self.desk.queue), label)
        taken_back = [index for index in indices if self.desk.take_back(index)]
        control.tell("cancels" if taken_back else "cannot cancel", label)
        for index in taken_back:
            self._delivered[self.open.pop(index)] += 1
        return taken_back

    def abandon(self) -> list[int]:
        """Let nobody wait for what is not finished; which tasks those are."""
        abandoned = [*self.open]
        for job in self.open.values():
            self._delivered[job] += 1
        self.open.clear()
        return abandoned

    def _notice(self, job: int | None) -> None:
        """Deliver the results that are there, of one job or of all, and see which workers have ended.

        Results are delivered in the order of their tasks: whoever minds another order looks more often.
        """
        before, self._busy = self._busy, True
        for index, owner in list(self.open.items()):
            outcome = self.desk.outcome(index) if job in {None, owner} else None
            if outcome is not None and self.open.pop(index, None) is not None:
                self._delivered[owner] += 1
                self._known += 1
                self._deliver(index, outcome)
        ended = [worker for worker in self.workers if has_ended(here(), worker)]
        if ended:
            self.workers = [worker for worker in self.workers if worker not in ended]
            for worker in ended:
                worker._popen.wait()  # type: ignore[attr-defined]
            self._lost(ended)
        self._busy = before

    def drain(self) -> None:
        """Wait until everything is finished that was submitted."""
        while self.open:
            index, job = next(iter(self.open.items()))
            self.wait(job, index if self._sizes[job] == 1 else WHOLE)

    def has_worked(self, worker: BaseProcess) -> bool:
        """Tell whether a worker has ever taken a task."""
        return bool(here().board.slot(self.desk.results)[TAKERS] >> (number_of(worker) or 0) & 1)

    def has_retired(self, worker: BaseProcess) -> bool:
        """Tell whether a worker that has ended did so of itself, and has taken tasks before."""
        return self.has_worked(worker) and here().board.row(number_of(worker) or 0)[rows.CODE] == 0

    def close(self) -> None:
        """Let the workers end, when everything is finished, and wait for them."""
        self.drain()
        self.over = True
        self._dismiss()

    def terminate(self) -> None:
        """End the workers, whatever they are doing."""
        control = here()
        self.over = True
        unfinished = bool(self.open)
        if unfinished:
            control.point(Kind.CLOSE, resource_of(self.desk.queue), self._pool)
            control.tell("terminates", self._pool)
            control.board.slot(self.desk.queue)[rows.VALUE] = 0
        for worker in self.workers:
            if unfinished or not (self.desk.is_idle(number_of(worker) or 0) or has_ended(control, worker)):
                worker.terminate()
        self._dismiss()

    def _dismiss(self) -> None:
        """Let the workers end that have nothing to do."""
        self.desk.close(self._numbers())
        for worker in self.workers:
            worker.join()
        self.workers = []

    def _numbers(self) -> list[int]:
        return [number_of(worker) or 0 for worker in self.workers]

    def attend(self, kind: int, thing: object, is_blocked: Callable[[], bool]) -> None:
        """Do what the helper threads would, while this process does something else."""
        if self._is_needed() and self.has_callbacks:
            self._point(Kind.LOOK, resource_of(self.desk.results), self._pool, changes=False, looks=False)
            here().tell("looks for results of", self._pool)
            self._notice(None)
        while self._is_needed() and is_blocked():
            self._point(kind, resource_of(self.desk.results), thing, changes=False, again=True)
            self._notice(None)

    def rest(self) -> None:
        """Do what the helper threads would, while this process sleeps."""
        if self._is_needed():
            self._rested, before = here().board.version, self._rested
            again = self._rested == before
            self._point(Kind.LOOK, resource_of(self.desk.results), self._pool, changes=False, again=again)
            self._notice(None)

    def _is_needed(self) -> bool:
        return self.attentive and bool(self.open) and not (self._busy or self.foreign or self.over)

    def _point(self, *args: Any, **kwargs: Any) -> bool:
        """An operation in which results are looked for."""
        before, self._busy = self._busy, True
        try:
            return here().point(*args, **kwargs)
        finally:
            self._busy = before


def function_name(function: Any) -> str:
    """What a reader calls a function."""
    while isinstance(function, partial):
        function = function.func
    return f"{getattr(function, '__name__', type(function).__name__)}()"
