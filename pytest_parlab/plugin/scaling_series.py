"""A series of paired runs, measured until the question is settled or the budget is spent.

::

    discarded pair   |  pair 1        pair 2        ...          assess after every pair
    base  cand       |  cand  base    base  cand    (order drawn from the seed)
"""

from __future__ import annotations

import functools
import os
import random
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from pytest_parlab.analysis.pairs import MachineState, pair
from pytest_parlab.analysis.speedup import assess
from pytest_parlab.plugin.scaling_questions import compare
from pytest_parlab.sandbox import fresh

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_parlab.analysis.pairs import Pair
    from pytest_parlab.analysis.speedup import Speedup
    from pytest_parlab.machine.noise import Load
    from pytest_parlab.plugin.scaling_questions import Check
    from pytest_parlab.sandbox.measured import MeasuredRun

    Work: TypeAlias = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Series:
    """What is compared with what, and how long at most.

    Attributes:
        candidate: The parallel code.
        baseline: The serial code.
        workers: How many workers the candidate uses.
        at_least: The speedup asked for; None to measure only.
        work_factor: Allowed range of the work factor; None for work that waits.
        check: Compares two results; None not to.
        seed: Decides the order inside each pair.
        pairs: Most pairs, besides the first one, which is discarded.
        seconds: Wall time after which no further pair is begun.
        deadline_s: Seconds that one run may take.
    """

    candidate: Work
    baseline: Work
    workers: int
    at_least: float | None
    work_factor: tuple[float, float] | None
    check: Check | None
    seed: int
    pairs: int
    seconds: float
    deadline_s: float

    def measure(self) -> Speedup:
        """Measure pairs until they settle the question or the budget is spent."""
        order = random.Random(self.seed)  # noqa: S311 - an order to repeat, not a secret
        survey = Survey(self.workers)
        end = time.monotonic() + self.seconds
        self._pair(survey, order)  # fills the caches of files and of the processor; its times are discarded
        survey.loads.clear()
        measured: list[Pair] = []
        while True:
            measured.append(self._pair(survey, order))
            result = assess(
                measured,
                workers=self.workers,
                at_least=self.at_least,
                machine=survey.state(),
                work_factor=self.work_factor,
            )
            if result.final or len(measured) >= self.pairs or time.monotonic() >= end:
                return result

    def _pair(self, survey: Survey, order: random.Random) -> Pair:
        sides = [("baseline", self.baseline), ("candidate", self.candidate)]
        order.shuffle(sides)
        runs: dict[str, MeasuredRun] = {}
        foreign: dict[str, float] = {}
        for side, function in sides:
            try:
                runs[side], cores = survey.run(function, deadline_s=self.deadline_s)
            except Exception as error:
                error.add_note(f"This was the {side} of a speedup measurement.")
                raise
            foreign[side] = cores * runs[side].wall_s
        if self.check is not None:
            compare(runs["candidate"].value, runs["baseline"].value, self.check)
        used = (foreign["baseline"], foreign["candidate"])
        return pair(runs["baseline"], runs["candidate"], workers=self.workers, foreign_s=used)


class Survey:
    """The machine, over all runs of a series.

    Args:
        workers: How many workers are asked for.
    """

    def __init__(self, workers: int) -> None:
        from pytest_parlab.machine import cores, noise  # noqa: PLC0415 - few tests measure

        self.usable_cores = cores.usable_cores()
        self.capacity = noise.capacity(workers)
        self.loads: list[Load] = []

    def run(self, function: Work, *, deadline_s: float) -> tuple[MeasuredRun, float]:
        """Run a callable once; its run, and how many cores others used meanwhile."""
        from pytest_parlab.machine import noise  # noqa: PLC0415 - few tests measure
        from pytest_parlab.sandbox.fresh_process import cpu_s  # noqa: PLC0415

        before, collected, own = noise.snapshot(), cpu_s(), time.process_time()
        run = measure_once(function, deadline_s=deadline_s)
        # A fresh process is collected by now, so its tree is in our own account; a host that lives on is not.
        used = max(cpu_s() - collected, time.process_time() - own + run.cpu_s)
        load = noise.load_between(before, noise.snapshot(), used)
        self.loads.append(load)
        return run, load.foreign_cores

    def state(self) -> MachineState:
        """The machine so far, averaged over the time of the runs."""
        wall = sum(load.wall_s for load in self.loads)
        told = [load.throttled for load in self.loads if load.throttled is not None]
        return MachineState(
            usable_cores=self.usable_cores,
            capacity=self.capacity,
            foreign_cores=sum(load.foreign_cores * load.wall_s for load in self.loads) / wall,
            steal=sum(load.steal * load.wall_s for load in self.loads) / wall,
            throttled=any(told) if told else None,
        )


def measure_once(function: Work, *, deadline_s: float) -> MeasuredRun:
    """Run a callable once, measured.

    A callable that can measure itself (it, or the owner of the bound method, has a method ``parlab_measure``) is
    asked to: its process was started elsewhere. Every other one runs in a fresh process.
    """
    target: Any = function
    args: tuple[Any, ...] = ()
    kwargs: dict[str, Any] = {}
    while isinstance(target, functools.partial):
        args, kwargs = (*target.args, *args), {**target.keywords, **kwargs}
        target = target.func
    measure = _own_measure(target)
    if measure is None:
        return fresh.run(function, deadline_s=deadline_s)
    return measure(*args, deadline_s=deadline_s, **kwargs)


def measures_itself(function: Work) -> bool:
    """Tell whether `measure_once` asks the callable itself."""
    target: Any = function
    while isinstance(target, functools.partial):
        target = target.func
    return _own_measure(target) is not None


def _own_measure(target: Any) -> Callable[..., MeasuredRun] | None:
    owner: Any
    for owner in (target, getattr(target, "__self__", None)):
        if hasattr(type(owner), "parlab_measure"):  # asked of the class: an object may answer to every name
            measure: Callable[..., MeasuredRun] = owner.parlab_measure
            return measure
    return None


@contextmanager
def environment(name: str, value: str) -> Iterator[None]:
    """Set an environment variable for the processes that are started in the block."""
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        os.environ.pop(name)
        if before is not None:
            os.environ[name] = before
