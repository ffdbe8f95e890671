"""Searching the schedules of functions that behave, and of those that do not."""

from __future__ import annotations

import multiprocessing
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pytest_parlab.errors import UsageError
from pytest_parlab.explore import conductor
from pytest_parlab.explore.exploration import DEADLOCK, FailureKind, Raised
from pytest_parlab.explore.exploring import explore, replay
from pytest_parlab.explore.strategies.random_walk import RandomWalk
from pytest_parlab.explore.tokens import token_of
from tests.explore import misbehaving

pytestmark = pytest.mark.skipif(
    "fork" not in multiprocessing.get_all_start_methods(), reason="most of these functions fork"
)
LOST = (1, 2, 2, 1, 0, 0, 0)
"""A schedule of `misbehaving.count` in which an addition is lost."""


def test_two_additions_are_lost_in_four_of_six_schedules() -> None:
    found = explore(misbehaving.count)
    assert found.outcomes == {2: 2, 1: 4}
    assert (found.schedules, found.interleavings, found.exhausted, found.undecided) == (4, 6, True, "")
    [failure] = found.failures
    assert (failure.kind, failure.outcome, failure.preemptions) == (FailureKind.DIFFERENCE, 1, 1)
    assert failure.replays == 3
    assert [(moment.process, moment.action) for moment in failure.moments[:4]] == [
        ("ForkProcess-1", "reads 0"),
        ("ForkProcess-2", "reads 0"),
        ("ForkProcess-2", "writes 1"),
        ("ForkProcess-1", "writes 1"),
    ]
    assert {Path(moment.place.path).name for moment in failure.moments} == {"misbehaving.py"}
    assert failure.moments[0].place.source == "value.value += 1"


def test_a_failing_schedule_is_run_again_from_its_token() -> None:
    [failure] = explore(misbehaving.count).failures
    again = replay(failure.token, misbehaving.count)
    assert (again.outcomes, again.schedules, again.exhausted) == ({1: 1}, 1, False)
    assert [(one.kind, one.schedule) for one in again.failures] == [(failure.kind, failure.schedule)]


def test_additions_to_an_item_of_a_shareable_list_are_lost() -> None:
    found = explore(misbehaving.count_in_a_list)
    assert found.outcomes == {2: 2, 1: 4}
    assert found.exhausted


@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
def test_a_schedule_is_the_same_under_every_start_method(method: str) -> None:
    assert replay(token_of(LOST), misbehaving.count, 1, method).outcomes == {1: 1}


def test_a_system_that_cannot_fork_searches_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conductor, "can_fork", lambda: False)
    assert replay(token_of(LOST), misbehaving.count, 1, "spawn").outcomes == {1: 1}


def test_twenty_replays_take_the_same_steps() -> None:
    outcomes = [replay(token_of(LOST), misbehaving.count).witnesses for _ in range(20)]
    assert outcomes == [{1: token_of(LOST)}] * 20


def test_a_token_that_does_not_fit_is_refused() -> None:
    with pytest.raises(UsageError, match=r"does not fit start_a_thread\(\)|does not fit embrace\(\)"):
        replay(token_of(LOST), misbehaving.embrace)
    with pytest.raises(UsageError, match=r"'nonsense' is no token of a schedule: it begins with 's1-'"):
        replay("nonsense", misbehaving.count)
    with pytest.raises(UsageError, match="is no token of a schedule"):
        replay("s1-!!", misbehaving.count)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"schedules": 0}, r"schedules=0: it takes a whole number from 1"),
        ({"schedules": 2.5}, r"schedules=2\.5: it takes a whole number from 1"),
        ({"schedules": True}, r"schedules=True: it takes a whole number from 1"),
        ({"seconds": 0}, r"seconds=0: it takes a number above 0"),
    ],
)
def test_arguments_that_make_no_sense_are_named(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        explore(misbehaving.count, **arguments)


def test_what_is_no_function_is_refused() -> None:
    with pytest.raises(UsageError, match=r"explore\(\) takes a function and its arguments, not 3"):
        explore(3)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        (misbehaving.start_a_thread, "it starts a thread, which cannot be scheduled, at "),
        (misbehaving.start_a_program, "it starts a program, which cannot be scheduled, at "),
        (misbehaving.connect, "it connects a socket, which cannot be scheduled, at "),
        (misbehaving.fork_by_hand, "it forks by hand, which cannot be scheduled, at "),
        (misbehaving.take_a_buffer, "it takes the buffer of a SharedMemory and accesses it unseen, which cannot "),
        (misbehaving.start_without_end, "it starts more than 61 processes, which cannot be scheduled, at "),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_what_cannot_be_scheduled_is_named_with_its_place(function: Callable[[], Any], reason: str) -> None:
    found = explore(function)
    assert found.undecided.startswith(reason)
    assert _place(found.undecided) == _first_line_in(function)
    assert (found.outcomes, found.failures, found.exhausted) == ({}, (), False)


@pytest.mark.parametrize(
    "function", [misbehaving.compute_for_ever, misbehaving.wait_for_ever_in_the_system], ids=lambda one: one.__name__
)
def test_what_never_gets_anywhere_is_given_up_with_its_place(function: Callable[[], Any]) -> None:
    began = time.monotonic()
    found = explore(function, stall_s=0.5)
    assert time.monotonic() - began < 30
    assert found.undecided.startswith("it does nothing for 0.5 s that could be scheduled, at ")
    assert _place(found.undecided)[0] == "misbehaving.py"


def test_a_schedule_without_end_is_given_up() -> None:
    assert explore(misbehaving.write_for_ever).undecided == "a schedule has more than 10,000 steps"


def test_chance_that_no_schedule_decides_is_undecided_with_the_place() -> None:
    found = explore(misbehaving.draw_lots, schedules=12)
    assert "the same schedule did not lead to the same steps again" in found.undecided
    assert "misbehaving.py" in found.undecided


def test_chance_from_a_seed_and_clocks_are_the_same_in_every_schedule() -> None:
    assert len(explore(misbehaving.draw_from_a_seed, strategy=RandomWalk(), schedules=3).outcomes) == 1
    assert explore(misbehaving.look_at_the_clock).outcomes == {(True, True): 1}


def test_what_a_function_leaves_in_its_process_does_not_change_the_next_schedule() -> None:
    """Processes that are used again remember; what they show is not taken, because fresh ones do not show it."""
    found = explore(misbehaving.remember)
    assert found.outcomes == {102: 2, 101: 4}
    assert found.exhausted


def test_shared_memory_that_is_older_is_put_back_for_each_schedule() -> None:
    found = explore(misbehaving.use_what_is_older)
    assert set(found.outcomes) == {(2, 2)}
    assert found.exhausted


def test_a_child_that_ends_without_a_word_is_over() -> None:
    assert explore(misbehaving.child_that_crashes).outcomes == {3: 1}
    assert explore(misbehaving.child_that_crashes_with_a_lock).outcomes == {DEADLOCK: 1}


def test_a_function_that_ends_its_process_is_a_failure() -> None:
    found = explore(misbehaving.crash)
    text = "the process that called the function ended with exit code 7"
    assert found.outcomes == {Raised("ProcessDied", text): 1}
    assert found.failures[0].kind is FailureKind.EXCEPTION


def test_an_exception_of_the_function_is_its_outcome() -> None:
    found = explore(misbehaving.raises)
    assert found.outcomes == {Raised("LookupError", "nothing there"): 1}
    [failure] = found.failures
    assert (failure.kind, failure.message) == (FailureKind.EXCEPTION, "LookupError: nothing there")
    assert 'raise LookupError("nothing there")' in failure.traceback


def test_an_exception_of_a_child_that_nobody_asks_for_is_an_outcome() -> None:
    found = explore(misbehaving.child_that_raises)
    assert set(found.outcomes) == {
        Raised("RuntimeError", "no room for two (in ForkProcess-1)"),
        Raised("RuntimeError", "no room for two (in ForkProcess-2)"),
    }


def test_a_check_that_fails_is_a_failure_with_its_schedule() -> None:
    def is_two(total: int) -> None:
        assert total == 2, f"{total} of 2"

    found = explore(misbehaving.count, check=is_two)
    assert found.outcomes == {2: 2, Raised("AssertionError", "1 of 2\nassert 1 == 2"): 4}
    assert [failure.kind for failure in found.failures] == [FailureKind.CHECK]


def test_a_deadlock_says_who_holds_what_and_waits_for_what() -> None:
    found = explore(misbehaving.embrace)
    assert found.outcomes == {"done": 4, DEADLOCK: 2}
    [failure] = found.failures
    main, one, other = failure.blocked
    assert (main.process, main.waits_for, main.holds) == ("MainProcess", "the end of ForkProcess-1", ())
    assert (one.process, one.held_by, other.process, other.held_by) == (
        "ForkProcess-1",
        ("ForkProcess-2",),
        "ForkProcess-2",
        ("ForkProcess-1",),
    )
    assert [len(each.holds) for each in (one, other)] == [1, 1]


def test_a_child_that_swallows_everything_is_left_behind_all_the_same() -> None:
    assert set(explore(misbehaving.swallow_everything).outcomes) == {1, 2}


def test_a_child_that_is_given_something_else_is_another_one() -> None:
    found = explore(misbehaving.different_arguments)
    assert set(found.outcomes) == {1, 2, 3}


def test_results_that_are_no_keys_are_made_some() -> None:
    assert set(explore(misbehaving.give_lists).outcomes) == {(1, frozenset({("a", (2,))}), frozenset({3}))}
    [outcome] = explore(misbehaving.give_a_lambda).outcomes
    assert outcome.startswith("<function give_a_lambda.<locals>.<lambda>")


def test_the_same_seed_gives_the_same_search() -> None:
    first, second = (explore(misbehaving.count, 3, schedules=30, seed=5) for _ in range(2))
    assert first.outcomes == second.outcomes
    assert [failure.schedule for failure in first.failures] == [failure.schedule for failure in second.failures]


def test_a_search_that_is_interrupted_leaves_nothing(tmp_path: Path) -> None:
    """The check of every test looks for processes, semaphores and files."""
    program = tmp_path / "search.py"
    program.write_text(
        textwrap.dedent("""
        from pytest_parlab.explore.exploring import explore
        from tests.explore import misbehaving

        print("begun", flush=True)
        explore(misbehaving.count, 6, schedules=10**6, seconds=60)
        """)
    )
    search = subprocess.Popen(
        [sys.executable, str(program)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
        env={"PYTHONPATH": str(Path(__file__).parents[2]), "PATH": "/usr/bin:/bin"},
    )
    assert search.stdout is not None
    assert search.stdout.readline() == "begun\n"
    time.sleep(1)
    search.send_signal(signal.SIGINT)
    _, errors = search.communicate(timeout=30)
    assert "KeyboardInterrupt" in errors
    assert search.returncode != 0


def _place(reason: str) -> tuple[str, int]:
    path, _, line = reason.rpartition(" at ")[2].rpartition(":")
    return Path(path).name, int(line)


def _first_line_in(function: Callable[[], Any]) -> tuple[str, int]:
    """The last line of the shortest of these functions is where they do it."""
    lines = {line for *_, line in function.__code__.co_lines() if line is not None}
    return "misbehaving.py", max(lines) - (function is misbehaving.fork_by_hand)
