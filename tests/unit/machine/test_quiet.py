from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pytest_parlab.machine import quiet
from pytest_parlab.machine.quiet import Look, Quiet

from .programs import line_of, program, wait_until

SLEEP = "print('ready', flush=True); input()"
SPIN = "print('ready', flush=True)\nwhile True: pass"
SPIN_IN_A_THREAD = """
import threading, time
def spin():
    while True: pass
threading.Thread(target=spin, daemon=True).start()
print('ready', flush=True)
time.sleep(60)
"""


def judge(looks: list[Look]) -> list[bool]:
    """Ask once per second about a tree that must be quiet for 2 s."""
    answers: Iterator[Look] = iter(looks)
    watch = Quiet(lambda: next(answers), 2.0)
    return [watch.reached(float(second)) for second in range(len(looks))]


def look(*pids: int, asleep: bool = True, cpu_s: float = 1.0) -> Look:
    return Look(frozenset(pids), asleep, cpu_s)


def test_a_tree_that_sleeps_long_enough_is_quiet() -> None:
    assert judge([look(1), look(1), look(1)]) == [False, False, True]


def test_a_process_that_comes_or_goes_starts_the_wait_anew() -> None:
    assert judge([look(1), look(1), look(1, 2), look(1, 2), look(1), look(1), look(1)]) == [False] * 6 + [True]


def test_a_process_that_is_awake_starts_the_wait_anew() -> None:
    assert judge([look(1), look(1), look(1, asleep=False), look(1), look(1), look(1)]) == [False] * 5 + [True]


def test_cpu_time_that_advances_starts_the_wait_anew() -> None:
    assert judge([look(1), look(1, cpu_s=1.1), look(1, cpu_s=1.2), look(1, cpu_s=1.3)]) == [False] * 4


def test_a_thread_that_wakes_up_to_look_at_a_clock_is_tolerated() -> None:
    assert judge([look(1), look(1, cpu_s=1.001), look(1, cpu_s=1.002)]) == [False, False, True]


def test_something_that_happened_starts_the_wait_anew() -> None:
    watch = Quiet(lambda: look(1), 1.0)
    assert not watch.reached(0.0)
    watch.restart()
    assert not watch.reached(1.0)
    assert watch.reached(2.0)


@pytest.mark.parametrize("portable", [False, True])
def test_a_sleeping_tree_looks_asleep_and_a_spinning_one_does_not(*, portable: bool) -> None:
    tell = quiet.look_at_tree_portable if portable else quiet.look_at_tree
    with program(SLEEP) as sleeper, program(SPIN) as spinner:
        line_of(sleeper)
        line_of(spinner)
        both = tell(os.getpid(), include=False)
        assert {sleeper.pid, spinner.pid} <= both.pids
        assert os.getpid() not in both.pids
        wait_until(lambda: tell(sleeper.pid, include=True).asleep)
        assert tell(sleeper.pid, include=True).pids == {sleeper.pid}
        assert tell(os.getpid(), include=True, without=[sleeper.pid]).pids == (both.pids | {os.getpid()}) - {
            sleeper.pid
        }
        before = tell(spinner.pid, include=True).cpu_s
        wait_until(lambda: tell(spinner.pid, include=True).cpu_s > before)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells the state of a thread")
def test_a_thread_that_spins_keeps_its_process_awake() -> None:
    with program(SPIN_IN_A_THREAD) as process:
        line_of(process)
        wait_until(lambda: not quiet.look_at_tree(process.pid, include=True).asleep)


@pytest.mark.parametrize("tell", [quiet.look_at_tree, quiet.look_at_tree_portable])
def test_a_tree_that_has_gone_is_asleep(tell: object) -> None:
    with program("pass") as gone:
        gone.wait()
    assert callable(tell)
    assert tell(gone.pid, include=True).asleep


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_children_are_found_without_the_whole_table_or_by_it(tmp_path: Path) -> None:
    with program(SLEEP) as child:
        line_of(child)
        assert child.pid in (quiet.children_of(os.getpid()) or [])
        assert quiet._members(lambda _pid: None, os.getpid(), include=False) >= {child.pid}
    (tmp_path / "7/task/7").mkdir(parents=True)
    assert quiet.children_of(7, tmp_path) is None, "this kernel does not tell"
    assert quiet.children_of(8, tmp_path) == []
