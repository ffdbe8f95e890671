"""Searches the schedules of a function: each outcome that it can have, and for each failure how to repeat it."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

from pytest_parlab.errors import UsageError
from pytest_parlab.explore.conductor import Conductor
from pytest_parlab.explore.exploration import Exploration
from pytest_parlab.explore.search import Search, name_of
from pytest_parlab.explore.stalls import STALL_S
from pytest_parlab.explore.strategies.portfolio import Portfolio
from pytest_parlab.explore.strategies.protocol import Strategy
from pytest_parlab.explore.strategies.replay import Replay
from pytest_parlab.explore.tokens import schedule_of

SCHEDULES = 1000
SECONDS = 30.0
_SOON = 8
"""Schedules after which it is looked for the first time whether fresh processes show the same."""


def explore(
    function: Callable[..., Any],
    *args: Any,
    schedules: int = SCHEDULES,
    seed: int = 0,
    check: Callable[[Any], object] | None = None,
    seconds: float = SECONDS,
    strategy: Strategy | None = None,
    stall_s: float = STALL_S,
    **kwargs: Any,
) -> Exploration:
    """Call a function under many schedules, or under all that differ if there are few.

    Args:
        function: Starts processes, waits for them, and returns what came of it. It is called in a fresh process
            under each schedule, so it must not depend on what an earlier call left behind.
        args: Its arguments.
        schedules: How many schedules are run at most.
        seed: What all chance comes from.
        check: Called with the result under each schedule; an exception makes it a failure.
        seconds: No schedule is begun after so long.
        strategy: How schedules are chosen; by default all strategies in turn.
        stall_s: A process that does nothing for so many seconds that can be scheduled makes the search undecided.
        kwargs: Keyword arguments of the function.

    Raises:
        UsageError: An argument makes no sense.
    """
    _look_at(function, schedules, seconds)
    with Conductor(function, args, kwargs, check=check, stall_s=stall_s) as conductor:
        search = Search(function, seed, checked=check is not None)
        chosen = deepcopy(strategy) if strategy else Portfolio()
        conductor.repeat(chosen)
        for limit in (min(_SOON, schedules), schedules):
            search.run(conductor, chosen, limit, seconds)
            if not search.is_confirmed(conductor):  # something stays behind in processes that are used again
                conductor.dismiss()
                search = Search(function, seed, checked=check is not None)
                chosen = deepcopy(strategy) if strategy else Portfolio()
                search.run(conductor, chosen, schedules, seconds)
                break
        conductor.dismiss()
        return search.result(conductor, chosen)


def replay(
    token: str,
    function: Callable[..., Any],
    *args: Any,
    check: Callable[[Any], object] | None = None,
    **kwargs: Any,
) -> Exploration:
    """Run one schedule again.

    Args:
        token: What a report gave for it.
        function: See `explore`.
        args: Its arguments, the same as then.
        check: See `explore`.
        kwargs: Its keyword arguments.

    Raises:
        UsageError: The token is none, or the function has no such schedule.
    """
    schedule = schedule_of(token)
    _look_at(function, 1, SECONDS)
    search = Search(function, 0, checked=check is not None, replays=True)
    chosen = Replay(schedule)
    with Conductor(function, args, kwargs, check=check) as conductor:
        search.run(conductor, chosen, 1, SECONDS)
        if search.diverged or (search.first and search.first.run.schedule[: len(schedule)] != schedule):
            raise UsageError(
                f"the schedule of {token!r} does not fit {name_of(function)}(): the function has changed, gets other "
                "arguments, or something besides the schedule decides what it does"
            )
        return search.result(conductor, chosen)


def _look_at(function: Any, schedules: int, seconds: float) -> None:
    if not callable(function):
        raise UsageError(f"explore() takes a function and its arguments, not {function!r}")
    if isinstance(schedules, bool) or not isinstance(schedules, int) or schedules < 1:
        raise UsageError(f"schedules={schedules!r}: it takes a whole number from 1")
    if not seconds > 0:
        raise UsageError(f"seconds={seconds!r}: it takes a number above 0")
