"""The fixture's object: what it asks of a search, what it does with the answer, and every message about arguments."""

from __future__ import annotations

import asyncio
import multiprocessing
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from pytest_parlab.analysis.races_model import Race
from pytest_parlab.errors import ChildFailed, RaceFound, Undecided, UsageError
from pytest_parlab.explore import confirming
from pytest_parlab.explore.exploration import Exploration
from pytest_parlab.plugin.calls import Call, Remote
from pytest_parlab.plugin.explorations import Explored, Judged, arguments_text, function_text, told
from pytest_parlab.plugin.race_detector import RaceDetector
from pytest_parlab.plugin.watches import TestRun
from pytest_parlab.sandbox.measured import MeasuredRun
from tests.unit.explore import racing
from tests.unit.report.explorations import ABBA, CLEAN, COUNTING, OPEN


def count_to(workers: int, times: int = 1) -> int:
    return workers * times


async def later(number: int) -> int:
    await asyncio.sleep(0)
    return number


def one_by_one(number: int) -> Iterator[int]:
    yield number


async def one_by_one_later(number: int) -> AsyncIterator[int]:
    yield number


class Later:
    async def __call__(self) -> int:
        return 1


class Search:
    """A search that gives what it is told to, and keeps what it was asked."""

    def __init__(self) -> None:
        self.found: Exploration = CLEAN
        self.asked: list[tuple[Any, ...]] = []

    def explore(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Exploration:
        self.asked.append(("explore", function, args, kwargs))
        return self.found

    def replay(self, token: str, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Exploration:
        self.asked.append(("replay", token, function, args, kwargs))
        return self.found


@pytest.fixture
def search(monkeypatch: pytest.MonkeyPatch) -> Search:
    made = Search()
    module = ModuleType("pytest_parlab.explore.exploring")
    module.__dict__.update(explore=made.explore, replay=made.replay)
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return made


@pytest.fixture
def run() -> TestRun:
    return TestRun()


@pytest.fixture
def detector(run: TestRun) -> RaceDetector:
    return RaceDetector(run, seed=42)


class Hosts:
    """What stands behind a function of the submission."""

    def __init__(self) -> None:
        self.asked: list[tuple[Call, object]] = []

    def call(self, call: Call) -> Any:
        raise AssertionError(f"{call} is explored, not called")

    def measured(self, call: Call, *, deadline_s: float) -> MeasuredRun:
        raise AssertionError(f"{call} is explored, not measured in {deadline_s} s")

    def explored(self, call: Call, how: object) -> Exploration:
        self.asked.append((call, how))
        return CLEAN


def test_the_search_gets_the_seed_of_the_run_and_what_was_asked_for(search: Search, detector: RaceDetector) -> None:
    assert detector.explore(count_to, 2, times=3) == CLEAN
    assert detector.explore(count_to, 2, schedules=5, seed=0, check=print) == CLEAN
    assert search.asked == [
        ("explore", count_to, (2,), {"schedules": 1000, "seed": 42, "check": None, "times": 3}),
        ("explore", count_to, (2,), {"schedules": 5, "seed": 0, "check": Judged(print)}),
    ]


def test_a_replay_gets_its_token(search: Search, detector: RaceDetector) -> None:
    assert detector.replay("count.12", count_to, 2, check=print) == CLEAN
    assert search.asked == [("replay", "count.12", count_to, (2,), {"check": Judged(print)})]


def test_a_check_may_raise_or_give_false() -> None:
    Judged(print)(1)
    Judged(lambda value: value == 1)(1)
    with pytest.raises(AssertionError, match=r"^the check gives False for 2$"):
        Judged(lambda value: value == 1)(2)
    with pytest.raises(ZeroDivisionError):
        Judged(lambda value: 1 / value)(0)


def test_of_many_searches_the_last_ones_are_shown_in_full() -> None:
    searches = [Explored(replace(CLEAN, outcomes={n: 6}), "f", str(n), "") for n in range(5)]
    assert told(searches).splitlines() == [
        "f(0): all 6 schedules were run; every one gives 0.",
        "f(1): all 6 schedules were run; every one gives 1.",
        "",
        "f(2): all 6 schedules were run; every one gives 2.",
        "  outcome  schedules",
        "  2                6  ##############################",
        "",
        "f(3): all 6 schedules were run; every one gives 3.",
        "  outcome  schedules",
        "  3                6  ##############################",
        "",
        "f(4): all 6 schedules were run; every one gives 4.",
        "  outcome  schedules",
        "  4                6  ##############################",
    ]
    assert told(searches[:1]).startswith("f(0): ")


def test_what_it_found_is_kept_for_the_report(search: Search, run: TestRun, detector: RaceDetector) -> None:
    search.found = COUNTING
    assert detector.explore(count_to, 2, times=1).failures == COUNTING.failures
    detector.explore(count_to, 2, seed=7)
    detector.replay("count.12", count_to, 2)
    first, second, third = run.explored
    assert first.text.startswith("count_to(2, times=1): 4 of 6 schedules lose an update.")
    assert '  Replay: race_detector.replay("count.12210", count_to, 2, times=1)\n' in first.text
    assert first.text.endswith("\n  Search again: --parlab-seed=42")
    assert second.text.endswith("\n  Search again: seed=7")
    assert "Search again" not in third.text
    assert first.line == (
        "count_to(2, times=1): 4 of 6 schedules lose an update. 3 were run and stand for all of them. "
        "Outcomes: 1 in 4, 2 in 2."
    )


def test_a_search_that_settles_nothing_ends_the_test_as_undecided(
    search: Search, run: TestRun, detector: RaceDetector
) -> None:
    search.found = OPEN
    for question in (partial(detector.explore, count_to, 2), partial(detector.replay, "count.12", count_to, 2)):
        with pytest.raises(Undecided) as caught:
            question()
        assert str(caught.value) == (
            "count_to(2): undecided after 3 schedules: the steps differ at bank.py:9. Outcomes: 2 in 2, 3 in 1."
        )
    assert len(run.explored) == 2


def test_what_has_failed_is_found_also_where_the_rest_is_undecided(search: Search, detector: RaceDetector) -> None:
    search.found = replace(COUNTING, undecided=OPEN.undecided)
    assert detector.explore(count_to, 2).failures == COUNTING.failures


def test_a_function_of_the_submission_is_explored_where_it_runs(detector: RaceDetector, run: TestRun) -> None:
    hosts = Hosts()
    assert detector.explore(Remote(hosts, "count"), range(2), times=1, schedules=9) == CLEAN
    assert detector.replay("t", Remote(hosts, scenario=True), "scene", 3) == CLEAN
    assert hosts.asked == [
        (Call("count", ([0, 1],), {"times": 1}), {"schedules": 9, "seed": 42}),
        (Call("scene", (3,), {}, scenario=True), {"token": "t"}),
    ]
    assert [(one.function, one.arguments) for one in run.explored] == [
        ("submission.count", "..."),
        ("submission.run", "'scene', 3"),
    ]


SUBMITTED = Remote(Hosts(), "count")


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (
            lambda it: it.explore(7),
            (
                "race_detector.explore needs a function and then its arguments, and 7 is no function: write "
                "race_detector.explore(count, 2), not race_detector.explore(count(2))"
            ),
        ),
        (
            lambda it: it.explore(later, 1),
            (
                "race_detector.explore calls its function and waits for its result, and a call of a coroutine "
                "function runs nothing yet: give it a function that runs later to its end, as lambda: "
                "asyncio.run(later(...))"
            ),
        ),
        (
            lambda it: it.explore(Later()),
            (
                "race_detector.explore calls its function and waits for its result, and a call of a coroutine "
                "function runs nothing yet: give it a function that runs function to its end, as lambda: "
                "asyncio.run(function(...))"
            ),
        ),
        (
            lambda it: it.replay("t", partial(one_by_one, 1)),
            (
                "race_detector.replay calls its function and waits for its result, and a call of a generator "
                "function runs nothing yet: give it a function that runs function to its end, as lambda: "
                "list(function(...))"
            ),
        ),
        (
            lambda it: it.explore(count_to),
            (
                "race_detector.explore: count_to(workers: 'int', times: 'int' = 1) -> 'int' cannot be called "
                "with (): missing a required argument: 'workers'"
            ),
        ),
        (
            lambda it: it.explore(count_to, 1, schedules=0),
            (
                "race_detector.explore: schedules=0 is not possible: it is how many are run at most, a whole "
                "number from 1"
            ),
        ),
        (
            lambda it: it.explore(count_to, 1, schedules=True),
            (
                "race_detector.explore: schedules=True is not possible: it is how many are run at most, a whole "
                "number from 1"
            ),
        ),
        (
            lambda it: it.explore(count_to, 1, seed=-1),
            (
                "race_detector.explore: seed=-1 is not possible: use a whole number from 0 to 4294967295, or "
                "None for that of --parlab-seed"
            ),
        ),
        (
            lambda it: it.explore(count_to, 1, seed="last"),
            (
                "race_detector.explore: seed='last' is not possible: use a whole number from 0 to 4294967295, or "
                "None for that of --parlab-seed"
            ),
        ),
        (
            lambda it: it.explore(count_to, 1, check=2),
            (
                "race_detector.explore: check=2 is not possible: it is a function that gets what the explored "
                "function returned, and raises or gives False if that is wrong"
            ),
        ),
        (
            lambda it: it.replay("t", count_to, 1, check="x" * 80),
            (
                f"race_detector.replay: check='{'x' * 56}... is not possible: it is a function that gets what the "
                "explored function returned, and raises or gives False if that is wrong"
            ),
        ),
        (
            lambda it: it.explore(SUBMITTED, 1, check=print),
            (
                "race_detector.explore: check cannot look into the process that runs the submission: assert "
                "something about the outcomes of what is returned instead"
            ),
        ),
        (
            lambda it: it.replay(7, count_to, 1),
            (
                "race_detector.replay needs the token of a schedule first, the text that a report shows behind "
                "Replay, and 7 is none"
            ),
        ),
        (
            lambda it: it.replay("", count_to, 1),
            (
                "race_detector.replay needs the token of a schedule first, the text that a report shows behind "
                "Replay, and '' is none"
            ),
        ),
        (
            lambda it: it.check(None),
            (
                "race_detector.check needs a function and then its arguments, and None is no function: write "
                "race_detector.check(count, 2), not race_detector.check(count(2))"
            ),
        ),
        (
            lambda it: it.check(one_by_one_later, 1),
            (
                "race_detector.check calls its function and waits for its result, and a call of an asynchronous "
                "generator function runs nothing yet: give it a function that runs one_by_one_later to its end, "
                "as lambda: asyncio.run(...)"
            ),
        ),
        (
            lambda it: it.check(count_to, 1, 2, 3),
            (
                "race_detector.check: count_to(workers: 'int', times: 'int' = 1) -> 'int' cannot be called with "
                "(1, 2, 3): too many positional arguments"
            ),
        ),
        (
            lambda it: it.check(SUBMITTED, 1),
            (
                "race_detector.check cannot run a function of the submission towards a race: use "
                "race_detector.watch() and race_detector.explore()"
            ),
        ),
    ],
)
def test_what_is_not_possible_is_said_before_anything_runs(
    ask: Callable[[RaceDetector], object], message: str, search: Search, detector: RaceDetector
) -> None:
    with pytest.raises(UsageError) as caught:
        ask(detector)
    assert str(caught.value) == message
    assert search.asked == []


@pytest.mark.parametrize("method", ["explore", "check"])
def test_inside_of_a_watch_nothing_is_explored(method: str, search: Search, detector: RaceDetector) -> None:
    with detector.watch(), pytest.raises(UsageError) as caught:
        getattr(detector, method)(count_to, 2)
    assert str(caught.value) == (
        f"race_detector.{method} runs its function many times, and a watch would record all of them: "
        "call it outside of the block that is watched"
    )
    with pytest.raises(ZeroDivisionError), detector.watch():
        _ = 1 / 0
    detector.explore(count_to, 2)


def test_paths_are_those_of_whoever_started_the_tests(search: Search, run: TestRun) -> None:
    search.found = replace(COUNTING, undecided="it blocks at /home/ada/bank.py:7")
    run.root = Path("/home/ada")
    found = RaceDetector(run).explore(count_to, 2)
    [failure] = found.failures
    assert {moment.place.path for moment in failure.moments} == {"bank.py"}
    assert found.undecided == "it blocks at bank.py:7"
    search.found = ABBA
    [failure] = RaceDetector(run).explore(count_to, 2).failures
    assert {one.place.path for one in failure.blocked} == {"d.py"}


def test_functions_and_arguments_are_written_as_they_stand_in_a_test() -> None:
    def inside() -> None: ...

    assert function_text(count_to) == "count_to"
    assert function_text(inside) == "inside"
    assert function_text(Search.explore) == "Search.explore"
    assert function_text(lambda: 1) == "..."
    assert function_text(partial(count_to, 2)) == "..."
    assert arguments_text((1, "a"), {"key": [2.5]}) == "1, 'a', key=[2.5]"
    assert arguments_text((), {}) == ""
    assert arguments_text((object(),), {}) == "..."
    assert arguments_text(("x" * 60,), {}) == "..."


class Confirmation:
    """A confirmation that gives every race a schedule, and keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[Any, ...]] = []

    def confirm(
        self, races: tuple[Race, ...], function: Callable[..., Any], *args: Any, **kwargs: Any
    ) -> tuple[Race, ...]:
        self.asked.append((len(races), function, args, kwargs))
        return tuple(replace(race, status="confirmed", replays=20, reproduced=20, replay="s1") for race in races)


@pytest.fixture
def confirmation(monkeypatch: pytest.MonkeyPatch) -> Confirmation:
    made = Confirmation()
    monkeypatch.setattr(confirming, "confirm", made.confirm)
    return made


def test_what_a_check_finds_is_confirmed_and_has_its_command(
    confirmation: Confirmation, detector: RaceDetector
) -> None:
    with pytest.raises(RaceFound) as caught:
        detector.check(racing.counts)
    assert confirmation.asked == [(1, racing.counts, (), {"seed": 42})]
    assert "  confirmed, 20 of 20 replays" in str(caught.value)
    assert str(caught.value).endswith('  Replay: race_detector.replay("s1", counts)')
    [race] = vars(caught.value)["report"].races
    assert (race.status, race.replays, race.reproduced) == ("confirmed", 20, 20)


def test_a_function_without_a_race_is_called_once_and_gives_its_report(
    confirmation: Confirmation, detector: RaceDetector
) -> None:
    report = detector.check(racing.counts_with_a_lock)
    assert report.races == ()
    assert len(report.trace.processes) == 3
    assert confirmation.asked == []


def fails_in_a_child() -> None:
    racing.together(multiprocessing.Process(target=divmod, args=(1, 0)))


def test_a_child_that_fails_fails_the_check(detector: RaceDetector) -> None:
    with pytest.raises(ChildFailed, match="ZeroDivisionError"):
        detector.check(fails_in_a_child)


def test_an_exception_of_the_function_is_the_tests_own(detector: RaceDetector) -> None:
    with pytest.raises(ZeroDivisionError):
        detector.check(divmod, 1, 0)
