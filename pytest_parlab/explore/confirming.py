"""Makes the races that a detector suspects happen: a schedule is searched that takes the bad order, and run again.

The search is directed at the cell (`strategies.directed`), then goes through all schedules as they come, and has a
bound in runs and in time. What counts as harm is in `harm`.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from pytest_parlab.analysis.races_model import Race
from pytest_parlab.explore.conductor import Conductor
from pytest_parlab.explore.control.layout import State
from pytest_parlab.explore.ending import Ending
from pytest_parlab.explore.harm import Orders, Touch, harmful, steps_of, touches_of
from pytest_parlab.explore.strategies.directed import Directed
from pytest_parlab.explore.strategies.exhaustive import Exhaustive
from pytest_parlab.explore.strategies.protocol import Strategy
from pytest_parlab.explore.strategies.replay import Replay
from pytest_parlab.explore.tokens import token_of

REPLAYS = 20
"""How often the schedule of a race is run again."""
SECONDS = 10.0
"""How long all races of a report may take."""
_TRIES = 100
"""Schedules that are run in search of one race at most."""
_CELLS = 3
"""Cells that a race may be about, of which as many are tried: those that its lines access most."""


def confirm(
    races: Sequence[Race],
    function: Callable[..., Any],
    *args: Any,
    seed: int = 0,
    replays: int = REPLAYS,
    seconds: float = SECONDS,
    **kwargs: Any,
) -> tuple[Race, ...]:
    """Look for a schedule of a function under which each race does harm.

    Args:
        races: What a detector has found in a run of the function.
        function: See `explore`.
        args: Its arguments.
        seed: What all chance comes from.
        replays: How often a schedule that was found is run again.
        seconds: No run is begun after so long.
        kwargs: Keyword arguments of the function.

    Returns:
        The same races in their order. One that came about in every replay is ``confirmed``, and has its steps and
        the token of the schedule; of any other, `Race.unconfirmed` says why it is not.
    """
    if not races:
        return ()
    with Conductor(function, args, kwargs) as conductor:
        confirming = _Confirming(conductor, seed, replays, time.monotonic() + seconds)
        return tuple(map(confirming.examined, races))


class _Confirming:
    """The search for the races of one function.

    Args:
        conductor: Runs it.
        seed: What all chance comes from.
        replays: How often a schedule is run again.
        end: When to stop, by `time.monotonic`.
    """

    def __init__(self, conductor: Conductor, seed: int, replays: int, end: float) -> None:
        self._conductor = conductor
        self._seed = seed
        self._replays = replays
        self._end = end
        self._tried = 0
        self._all = False
        self._trouble = ""

    def examined(self, race: Race) -> Race:
        """The race with what came of the search for it."""
        self._tried, self._all = 0, False
        orders = Orders(race)
        for ending in self._schedules(race):
            touches = touches_of(ending)
            found = harmful(race, touches) or orders.other(touches)
            if found:
                return self._replayed(race, ending, found)
        if self._trouble:
            return replace(race, unconfirmed=self._trouble)
        if self._all:
            return replace(race, unconfirmed="it did not happen under any schedule of this call")
        late = " before the time was over" if time.monotonic() > self._end else ""
        return replace(race, unconfirmed=f"it did not happen in {self._tried} schedules that were run{late}")

    def _schedules(self, race: Race) -> Iterator[Ending]:
        """Schedules that may show a race: one without an interruption, then those that are directed at its cell."""
        first = self._run(Replay())
        if first is None:
            return
        yield first
        there = Counter(touch.resource for touch in touches_of(first) if touch.is_of(race))
        strategies: list[Strategy] = [Directed(resource) for resource, _ in there.most_common(_CELLS)]
        for strategy in (*strategies, Exhaustive()):
            rng = random.Random(self._seed)  # noqa: S311 - the same seed gives the same search
            while self._tried < _TRIES and strategy.begin(self._conductor.words_for(strategy), rng):
                ending = self._run(strategy, begun=True)
                if ending is None:
                    return
                strategy.end(ending.run)
                if ending.state is not State.ABANDONED:
                    yield ending
            self._all = strategy.exhausted

    def _run(self, strategy: Strategy, *, begun: bool = False) -> Ending | None:
        """Run one schedule; None if it shows nothing or the time is over."""
        if time.monotonic() > self._end or self._trouble:
            return None
        if not begun:
            strategy.begin(self._conductor.words_for(strategy), random.Random(self._seed))  # noqa: S311 - the same
        ending = self._conductor.run(strategy, detailed=True)
        self._tried += 1
        self._trouble = ending.trouble
        return None if ending.trouble else ending

    def _replayed(self, race: Race, ending: Ending, found: tuple[Touch, ...]) -> Race:
        same = 0
        for _ in range(self._replays):
            again = self._run(Replay(ending.run.schedule))
            if again is None:
                break
            same += again.same == ending.same
        steps = tuple(steps_of(race, touches_of(ending), found))
        good = replace(
            race, replays=self._replays, reproduced=same, steps=steps, replay=token_of(ending.run.schedule)
        )
        if same == self._replays:
            return replace(good, status="confirmed")
        return replace(good, unconfirmed=f"it happened again in {same} of {self._replays} replays")
