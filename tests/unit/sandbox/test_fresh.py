"""A trusted callable in a fresh process, timed from outside."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import threading
import time
from functools import partial
from pathlib import Path
from typing import NoReturn

import psutil
import pytest

from pytest_parlab.errors import ChildFailed, HangFound, SubmissionRaised, UsageError
from pytest_parlab.sandbox import fresh, fresh_process
from pytest_parlab.sandbox.measured import MeasuredRun
from pytest_parlab.trace import session

METHODS = [method for method in ("fork", "spawn", "forkserver") if method in multiprocessing.get_all_start_methods()]


@pytest.fixture(autouse=True)
def nothing_left(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> object:
    """Every run removes its watch directory and ends its processes."""
    monkeypatch.setattr(session, "storage", lambda **_: tmp_path)
    before = set(psutil.Process().children(recursive=True))
    yield
    assert list(tmp_path.glob(f"{session.PREFIX}*")) == []
    left = [process for process in psutil.Process().children(recursive=True) if process not in before]
    helpers = ("resource_tracker", "forkserver")  # of multiprocessing itself: one each for the whole test run
    assert [one for one in left if not any(name in " ".join(one.cmdline()) for name in helpers)] == []


def run(function: object, *, deadline_s: float = 60.0, start_method: str | None = None) -> MeasuredRun:
    assert callable(function)
    return fresh.run(function, deadline_s=deadline_s, start_method=start_method)


def double(number: int) -> int:
    return 2 * number


def use_cpu(seconds: float) -> int:
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass
    return os.getpid()


def two_processes(seconds: float, method: str = "fork") -> None:
    context = multiprocessing.get_context(method)
    started = [context.Process(target=use_cpu, args=(seconds,)) for _ in range(2)]  # type: ignore[attr-defined]
    for process in started:
        process.start()
    for process in started:
        process.join()


def pool_of(method: str) -> list[int]:
    with multiprocessing.get_context(method).Pool(2) as pool:
        return pool.map(double, range(4), 1)


def wait_for_ever() -> None:
    threading.Event().wait()


def start_a_sleeper_and_wait() -> None:
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    wait_for_ever()


def leave_a_sleeper() -> int:
    return subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]).pid


def make_a_lock() -> object:
    return threading.Lock()


def leave_a_pool_open() -> object:
    pool = multiprocessing.get_context("fork").Pool(2)
    list(pool.map(use_cpu, [0.15, 0.15], 1))
    globals()["kept"] = pool
    return None


@pytest.mark.parametrize("method", METHODS)
def test_a_value_comes_back_from_another_process(method: str) -> None:
    measured = run(partial(use_cpu, 0.0), start_method=method)
    assert measured.value != os.getpid()


def test_wall_and_cpu_time_cover_the_call() -> None:
    measured = run(partial(use_cpu, 0.1))
    assert measured.wall_s >= 0.1
    assert measured.cpu_s >= 0.1
    assert measured.delay_s is None or measured.delay_s >= 0


@pytest.mark.parametrize("method", METHODS)
def test_cpu_time_of_child_processes_counts(method: str) -> None:
    """Under forkserver the workers are children of a server that nobody has collected when the answer comes."""
    assert run(partial(two_processes, 0.15, method)).cpu_s >= 0.28


def test_cpu_time_of_workers_still_alive_counts() -> None:
    assert run(leave_a_pool_open).cpu_s >= 0.28


@pytest.mark.parametrize("method", METHODS)
def test_the_trace_shows_the_tasks(method: str) -> None:
    measured = run(partial(pool_of, method))
    assert measured.value == [0, 2, 4, 6]
    assert len(measured.trace.tasks) == 4
    assert all(task.finished_ns for task in measured.trace.tasks)


def test_a_local_function_can_be_run_where_there_is_fork() -> None:
    if fresh.default_start_method() != "fork":
        pytest.skip("no safe fork here")
    secret = object()
    assert run(lambda: secret is not None).value is True


def test_the_environment_is_the_fresh_process_s_alone() -> None:
    measured = fresh.run(partial(os.getenv, "PARLAB_TEST_ONLY"), deadline_s=60, environment={"PARLAB_TEST_ONLY": "x"})
    assert measured.value == "x"
    assert "PARLAB_TEST_ONLY" not in os.environ


def raise_value_error() -> NoReturn:
    raise ValueError("the third row is empty")


def test_an_exception_is_raised_again_with_the_traceback_of_its_process() -> None:
    with pytest.raises(ValueError, match="the third row is empty") as caught:
        run(raise_value_error)
    [note] = caught.value.__notes__
    assert "raise_value_error raised it in a fresh process" in note
    assert 'raise ValueError("the third row is empty")' in note
    assert "fresh_process.py" not in note


class Unsendable(Exception):
    def __init__(self, first: str, second: str) -> None:
        super().__init__(f"{first} and {second}")


def raise_unsendable() -> NoReturn:
    raise Unsendable("this", "that")


def test_an_exception_that_cannot_be_carried_keeps_its_name_and_text() -> None:
    with pytest.raises(SubmissionRaised, match="this and that") as caught:
        run(raise_unsendable)
    assert caught.value.kind == "Unsendable"


def test_an_exit_is_not_passed_on_to_the_test_run() -> None:
    with pytest.raises(ChildFailed, match=r"exit ended its process by SystemExit\(3\) instead of returning"):
        run(partial(sys.exit, 3))


def test_a_process_that_ends_without_an_answer_is_named() -> None:
    with pytest.raises(ChildFailed) as caught:
        run(partial(os._exit, 5))
    assert str(caught.value) == (
        "The process of _exit ended with exit code 5 before it could answer. "
        "Something ended it from inside: look for os._exit, a kill or a crash."
    )


def test_a_hang_is_ended_with_all_that_it_started() -> None:
    with pytest.raises(HangFound) as caught:
        run(start_a_sleeper_and_wait, deadline_s=0.7)
    text = str(caught.value)
    assert text.startswith(
        "start_a_sleeper_and_wait did not answer within 0.7 s. Its process was ended, and 1 other below it. "
        "Look for a join, get or acquire that waits for what never comes, or give it less to do."
    )
    if sys.platform == "linux":
        assert "in wait_for_ever" in text


def test_a_hang_that_nobody_can_explain_is_told_without_stacks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pytest_parlab.machine.stacks.request", lambda *_: "")
    with pytest.raises(HangFound) as caught:
        run(wait_for_ever, deadline_s=0.3)
    assert str(caught.value).endswith("give it less to do.")
    assert "and no others below it" in str(caught.value)


def test_a_process_left_behind_is_ended() -> None:
    pid = run(leave_a_sleeper).value
    assert isinstance(pid, int)
    assert not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def test_a_result_that_cannot_be_sent_is_refused_in_one_sentence() -> None:
    with pytest.raises(UsageError, match=r"The result of make_a_lock cannot be sent back: .*Return plain data\."):
        run(make_a_lock)


def test_a_function_that_cannot_be_sent_is_refused_in_one_sentence() -> None:
    with pytest.raises(UsageError, match=r"cannot be sent to a fresh process: .* Use a function of a module"):
        run(lambda: None, start_method="spawn")


def test_names_see_through_partial() -> None:
    assert fresh.name_of(partial(partial(double, 1))) == "double"
    assert "Named object" in fresh.name_of(Named())


class Named:
    def __call__(self) -> None:
        pass

    def __repr__(self) -> str:
        return "Named object"


def test_macos_and_systems_without_fork_use_spawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert fresh.default_start_method() == "spawn"
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(multiprocessing, "get_all_start_methods", lambda: ["spawn"])
    assert fresh.default_start_method() == "spawn"


def test_cpu_time_is_counted_without_the_resource_module(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "resource", None)
    before = fresh_process.cpu_s()
    use_cpu(0.05)
    assert fresh_process.cpu_s() - before >= 0.05
