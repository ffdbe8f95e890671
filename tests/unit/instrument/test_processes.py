"""Processes: who they were, how they ended, and that what they recorded outlives them."""

from __future__ import annotations

import multiprocessing
import os
import re
import signal
import subprocess
import sys
from multiprocessing import connection
from multiprocessing.context import BaseContext
from pathlib import Path
from pickle import PicklingError

import pytest

from pytest_parlab.instrument import watching
from pytest_parlab.trace.model import Process, Trace, happens_before
from tests.unit.instrument import programs

ROOT = Path(__file__).parents[3]


def children(trace: Trace) -> list[Process]:
    return [process for process in trace.processes if process.parent is not None]


def test_a_process_is_described(context: BaseContext) -> None:
    with watching() as watch:
        (process,) = programs.run_all(context, (programs.nothing,))
        code = process.exitcode
    main, child = watch.trace.processes
    assert (main.pid, main.role, main.parent, main.ended) == (os.getpid(), "main", None, True)
    assert (child.pid, child.parent, child.name) == (process.pid, 0, process.name)
    assert (child.target, child.role, child.start_method) == ("nothing", "process", context.get_start_method())
    assert (child.exit_code, child.ended, child.exit_code_read) == (code, True, True)
    assert child.start_site is not None
    assert child.start_site.path == programs.__file__
    assert child.join_site is not None
    assert child.joined_ns is not None
    assert child.started_ns is not None
    assert child.finished_ns is not None
    assert child.created_ns <= child.started_ns <= child.finished_ns <= child.joined_ns


def test_a_process_of_the_users_own_class_is_recorded(context: BaseContext) -> None:
    if context.get_start_method() != multiprocessing.get_start_method():
        pytest.skip("multiprocessing.Process starts by the default method")
    with watching() as watch:
        value = context.Value("i", 0)
        process = programs.Adder(value)
        process.start()
        process.join(programs.HALF_A_MINUTE)
        assert value.value == 1
    (child,) = children(watch.trace)
    assert (child.name, child.target, child.exit_code) == ("adder", "Adder.run", 0)
    assert [access.kind for access in watch.trace.accesses if access.strand == 1] == ["read", "write"]


def test_an_error_of_the_target_is_kept(context: BaseContext, capfd: pytest.CaptureFixture[str]) -> None:
    """And the traceback that is printed shows none of this package's frames."""
    if context.get_start_method() == "forkserver":
        pytest.skip("the server's children print where the server was started")
    with watching() as watch:
        (process,) = programs.run_all(context, (programs.fail, "no such number"))
    (child,) = children(watch.trace)
    assert (child.error, child.exit_code, process.exitcode) == ("ValueError: no such number", 1, 1)
    printed = capfd.readouterr().err
    assert "ValueError: no such number" in printed
    assert "programs.py" in printed
    assert "pytest_parlab" not in printed.replace(str(ROOT / "tests"), "")


@pytest.mark.parametrize("code", [0, 1, 77])
def test_leaving_by_an_exit_code_is_no_error(code: int) -> None:
    with watching() as watch:
        programs.run_all(multiprocessing.get_context(), (programs.leave, code))
    (child,) = children(watch.trace)
    assert (child.exit_code, child.error, child.ended) == (code, "", True)


def test_what_a_process_recorded_outlives_a_hard_exit(context: BaseContext) -> None:
    with watching() as watch:
        value = context.Value("i", 0)
        programs.run_all(context, (programs.add_and_exit_hard, value, 50))
    (child,) = children(watch.trace)
    assert (child.exit_code, child.ended) == (3, False)
    assert [access.kind for access in watch.trace.accesses] == ["read", "write", "read"]


def test_what_a_process_recorded_outlives_a_kill(context: BaseContext) -> None:
    with watching() as watch:
        value = context.Value("i", 0)
        programs.run_all(context, (programs.add_and_be_killed, value, 50))
    (child,) = children(watch.trace)
    assert (child.exit_code, child.ended) == (-signal.SIGKILL, False)
    assert [access.kind for access in watch.trace.accesses] == ["read", "write", "read"]


def test_a_process_that_is_never_joined_is_seen_so() -> None:
    with watching() as watch:
        process = multiprocessing.Process(target=programs.nothing)
        process.start()
        sentinel = process.sentinel
        connection.wait([sentinel], programs.HALF_A_MINUTE)
    process.join(programs.HALF_A_MINUTE)
    (child,) = children(watch.trace)
    assert (child.joined_ns, child.join_called_ns, child.exit_code) == (None, None, None)


def test_a_join_that_ran_out_of_time_orders_nothing() -> None:
    with watching() as watch:
        process = multiprocessing.Process(target=programs.wait_a_while)
        process.start()
        process.join(0)
        process.terminate()
    process.join(programs.HALF_A_MINUTE)
    (child,) = children(watch.trace)
    assert child.join_called_ns is not None
    assert (child.joined_ns, child.exit_code) == (None, None)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
def test_a_fork_by_hand_is_recorded_and_ordered_after_what_came_before_it() -> None:
    with watching() as watch:
        value = multiprocessing.Value("i", 0)
        value.value = 1
        pid = os.fork()
        if pid == 0:
            value.value = 2
            os._exit(0)
        value.value = 3
        os.waitpid(pid, 0)
    (child,) = children(watch.trace)
    assert (child.pid, child.role, child.parent) == (pid, "helper", 0)
    parent_first, parent_second = (access for access in watch.trace.accesses if access.strand == 0)
    (forked,) = (access for access in watch.trace.accesses if access.strand == 1)
    assert happens_before(parent_first, forked)
    assert not happens_before(parent_second, forked)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
def test_a_child_that_leaves_its_parents_block_does_not_close_the_watch() -> None:
    pid = 0
    with watching() as watch:
        pid = os.fork()
        if pid != 0:
            os.waitpid(pid, 0)
    if pid == 0:
        os._exit(0)
    assert watch.trace.problems == ()
    assert len(watch.trace.processes) == 2


def test_sixty_processes_are_recorded() -> None:
    with watching() as watch:
        context = multiprocessing.get_context()
        value, lock = context.Value("i", 0), context.Lock()
        programs.run_all(context, *[(programs.add_locked, value, lock, 2)] * 60)
        assert value.value == 120
    assert watch.trace.problems == ()
    assert len(children(watch.trace)) == 60
    assert sum(holding.count for holding in watch.trace.holdings) == 120


def test_a_function_that_cannot_be_sent_fails_as_it_does_without_a_watch() -> None:
    context = multiprocessing.get_context("spawn")

    def failure() -> str:
        with pytest.raises((AttributeError, PicklingError)) as caught:
            context.Process(target=lambda: None).start()
        assert "pytest_parlab" not in "".join(str(entry.path) for entry in caught.traceback).replace(str(ROOT), "")
        return str(caught.value)

    plain = failure()
    with watching():
        assert re.sub("0x[0-9a-f]+", "", failure()) == re.sub("0x[0-9a-f]+", "", plain)


def test_a_program_under_the_strictest_warnings_sees_none_of_the_recorder() -> None:
    code = (
        "from pytest_parlab.instrument import watching\n"
        "import multiprocessing, tests.unit.instrument.programs as programs\n"
        "if __name__ == '__main__':\n"
        "    with watching() as watch, multiprocessing.get_context('spawn').Pool(2) as pool:\n"
        "        assert pool.map(programs.square, range(4)) == [0, 1, 4, 9]\n"
        "    assert len(watch.trace.tasks) == 4\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-X", "dev", "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr, done.stdout) == (0, "", "")
