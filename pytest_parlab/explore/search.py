"""What a search through schedules has shown so far, and what follows from it."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from pytest_parlab.explore.conductor import Conductor
from pytest_parlab.explore.control.layout import State
from pytest_parlab.explore.ending import Ending
from pytest_parlab.explore.exploration import DEADLOCK, Exploration, Failure, FailureKind, Raised
from pytest_parlab.explore.happens_before import signature
from pytest_parlab.explore.interleavings import interleavings
from pytest_parlab.explore.run import Run, preemptions
from pytest_parlab.explore.shrink import shrink
from pytest_parlab.explore.strategies.protocol import Strategy
from pytest_parlab.explore.strategies.replay import Replay
from pytest_parlab.explore.telling import Line, blocked_in, moments_of, told_apart
from pytest_parlab.explore.tokens import token_of

REPLAYS = 2
"""How often a failing schedule is run again before it is reported."""
_CONFIRMED = 20
"""Outcomes of which an example is run with fresh processes, if the search used the same ones again and again."""
_KEPT = 5000
"""Runs that are kept to count how many schedules they stand for."""


def name_of(function: Any) -> str:
    """The name that a reader knows a function by."""
    while isinstance(function, partial):
        function = function.func
    return str(getattr(function, "__qualname__", type(function).__qualname__))


@dataclass
class Search:
    """What the schedules that were run have shown."""

    function: Callable[..., Any]
    seed: int
    checked: bool
    counts: dict[Any, int] = field(default_factory=dict)
    examples: dict[tuple[Any, bool], tuple[int, Ending]] = field(default_factory=dict)
    endings: list[Ending] = field(default_factory=list)
    confirmed: set[tuple[int, ...]] = field(default_factory=set)
    schedules: int = 0
    undecided: str = ""
    replays: bool = False
    diverged: bool = False
    cut: bool = False
    began: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        self.rng = random.Random(self.seed)  # noqa: S311 - the same seed gives the same search

    @property
    def first(self) -> Ending | None:
        """The first schedule that was run to its end."""
        return self.endings[0] if self.endings else None

    def run(self, conductor: Conductor, strategy: Strategy, schedules: int, seconds: float) -> None:
        """Run schedules of a strategy: at most so many, and begin none after so many seconds."""
        while self.schedules < schedules and time.monotonic() - self.began < seconds:
            if not strategy.begin(conductor.words_for(strategy), self.rng):
                break
            ending = conductor.run(strategy)
            if ending.trouble:
                self.undecided = ending.trouble
                break
            strategy.end(ending.run)
            if ending.state is State.DIVERGED:
                self.diverged = True
                self.undecided = _divergence("")
                break
            if ending.state is not State.ABANDONED:
                self._add(ending)
        if not self.schedules and not self.undecided:
            self.undecided = f"no schedule was over after {seconds:g} s"

    def _add(self, ending: Ending) -> None:
        self.schedules += 1
        self.cut |= ending.cut
        self.counts[ending.outcome] = self.counts.get(ending.outcome, 0) + 1
        self.examples.setdefault((ending.outcome, ending.check), (self.schedules, ending))
        if len(self.endings) <= _KEPT:
            self.endings.append(ending)

    def is_confirmed(self, conductor: Conductor) -> bool:
        """Tell whether fresh processes show the same: an example of each outcome, and some more."""
        if self.undecided:
            return True  # nothing is said
        samples = [ending for _, ending in self.examples.values()][:_CONFIRMED]
        samples += self.endings[-1:] + self.endings[len(self.endings) // 2 :][:1]
        for ending in samples:
            schedule = ending.run.schedule
            if schedule not in self.confirmed and _run(conductor, schedule).same != ending.same:
                return False
            self.confirmed.add(schedule)
        return True

    def result(self, conductor: Conductor, strategy: Strategy) -> Exploration:
        """What has been found, with each failure run again and told in words."""
        failures = []
        for (outcome, checked), (number, ending) in self._failing(conductor):
            kind = _kind(outcome, checked=checked)
            failure = self._examine(conductor, kind, number, ending)
            if failure is not None:
                failures.append(failure)
        exhausted = strategy.exhausted and not self.cut and not self.undecided and not isinstance(strategy, Replay)
        counts, total = self._all(exhausted=exhausted)
        return Exploration(
            function=name_of(self.function),
            outcomes=counts,
            witnesses={outcome: token_of(ending.run.schedule) for (outcome, _), (_, ending) in self.examples.items()},
            failures=tuple(failures),
            schedules=self.schedules,
            interleavings=total,
            exhausted=exhausted,
            undecided=self.undecided,
            seed=self.seed,
            strategy=strategy.name,
            seconds=time.monotonic() - self.began,
        )

    def _failing(self, conductor: Conductor) -> list[tuple[tuple[Any, bool], tuple[int, Ending]]]:
        """An example of each outcome that is a failure."""
        normal = [key for key in self.examples if not isinstance(key[0], Raised) and key[0] != DEADLOCK]
        usual: set[tuple[Any, bool]] = set(normal)
        if (
            len(normal) > 1 or self.replays
        ) and not self.checked:  # several results, and nobody has said which is right
            serial = self._serial(conductor)
            usual = {key for key in normal if key[0] == serial}
            if not usual and not self.replays:
                usual = set(normal[:1])
        return [(key, example) for key, example in self.examples.items() if key not in usual]

    def _serial(self, conductor: Conductor) -> Any:
        """The outcome when nobody is interrupted who can go on."""
        one_by_one = Replay()
        one_by_one.begin(conductor.words_for(one_by_one), random.Random(0))  # noqa: S311 - it is not used
        return conductor.run(one_by_one).outcome

    def _all(self, *, exhausted: bool) -> tuple[Mapping[Any, int], int | None]:
        """How many schedules give each outcome: of all there are, if each that differs was run."""
        if not exhausted or len(self.endings) > _KEPT:
            return self.counts, None
        different = {signature(ending.run): ending for ending in self.endings}
        counts: dict[Any, int] = {}
        for ending in different.values():
            number = interleavings(ending.run)
            if number is None:
                return self.counts, None
            counts[ending.outcome] = counts.get(ending.outcome, 0) + number
        return counts, sum(counts.values())

    def _examine(self, conductor: Conductor, kind: FailureKind, number: int, ending: Ending) -> Failure | None:
        """Run a failing schedule again, make it simpler, and tell it in words; None if it does not repeat itself."""
        for _ in range(REPLAYS):
            again = _run(conductor, ending.run.schedule)
            if again.same != ending.same:
                self.undecided = _divergence(_where(conductor, ending, again))
                return None

        def follow(schedule: Sequence[int]) -> tuple[Run, bool]:
            tried = _run(conductor, schedule, strict=False)
            return tried.run, tried.outcome == ending.outcome and tried.check == ending.check and not tried.trouble

        best = ending.run if self.replays else shrink(ending.run, follow).run
        told = _run(conductor, best.schedule, detailed=True)
        if told.run != best or told.outcome != ending.outcome:
            self.undecided = _divergence(_where(conductor, ending, told))
            return None
        story = told_apart([Line(*line) for line in told.story])
        return Failure(
            kind=kind,
            message=_message(kind, ending.outcome),
            outcome=ending.outcome,
            schedule=best.schedule,
            token=token_of(best.schedule),
            preemptions=preemptions(best),
            moments=moments_of(told.run, story),
            blocked=blocked_in(told.run, story) if kind is FailureKind.DEADLOCK else (),
            found_at=number,
            replays=REPLAYS + 1,
            traceback=ending.traceback,
        )


def _kind(outcome: Any, *, checked: bool) -> FailureKind:
    if outcome == DEADLOCK:
        return FailureKind.DEADLOCK
    if isinstance(outcome, Raised):
        return FailureKind.CHECK if checked else FailureKind.EXCEPTION
    return FailureKind.DIFFERENCE


def _message(kind: FailureKind, outcome: Any) -> str:
    if kind is FailureKind.DEADLOCK:
        return "nobody can go on"
    if kind is FailureKind.DIFFERENCE:
        return f"it returns {outcome!r}, and another result if its processes run one after the other"
    return str(outcome)


def _run(conductor: Conductor, schedule: Sequence[int], *, strict: bool = True, detailed: bool = False) -> Ending:
    again = Replay(schedule, strict=strict)
    again.begin(conductor.words_for(again), random.Random(0))  # noqa: S311 - it is not used
    return conductor.run(again, detailed=detailed)


def _where(conductor: Conductor, first: Ending, second: Ending) -> str:
    """The place of the first step that was another one the second time."""
    steps, others = ([*zip(ending.run.steps, ending.sites, strict=True)] for ending in (first, second))
    same = [one == other for one, other in zip(steps, others, strict=False)]
    at = same.index(False) if False in same else len(same)
    told = _run(conductor, first.run.schedule, strict=False, detailed=True)
    lines = [Line(*line) for line in told.story]
    for line in lines:
        if line.what == "step" and line.number >= at and line.path:
            return f", from {line.path}:{line.line} on"
    return ""


def _divergence(place: str) -> str:
    return (
        f"the same schedule did not lead to the same steps again{place}: something besides the schedule decides what "
        "the function does (chance, a file, the order of a set, memory addresses)"
    )
