from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
import sys
from collections.abc import Iterator

import psutil
import pytest

from pytest_parlab.machine import helpers, orphans, processes, tree

from .programs import WAIT_S, line_of, program, runs, wait_until

posix_only = pytest.mark.skipif(os.name != "posix", reason="double forks and sessions")
linux_only = pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets a process adopt orphans")

SLEEP = "import time; print('ready', flush=True); time.sleep(60)"

GRANDCHILD = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", sys.argv[1]], stdout=subprocess.PIPE)
child.stdout.readline()
print(child.pid, flush=True)
time.sleep(60)
"""

STUBBORN = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print('ready', flush=True)
time.sleep(60)
"""

DAEMON = """
import os, time
reader, writer = os.pipe()
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.write(writer, str(os.getpid()).encode())
        time.sleep(60)
    os._exit(0)
os.wait()
print(os.read(reader, 20).decode(), flush=True)
"""


@pytest.fixture
def subreaper() -> Iterator[None]:
    assert tree.become_subreaper()
    orphans.reap(zombies_of_ours())  # earlier tests end whole runs of pytest, whose orphans came to this process
    yield
    orphans.become_subreaper(enabled=False)


def zombies_of_ours() -> list[int]:
    children = psutil.Process().children()
    return [child.pid for child in children if child.status() == psutil.STATUS_ZOMBIE]


def test_descendants_are_listed_with_what_is_known_of_them() -> None:
    with program(GRANDCHILD, SLEEP) as child:
        grandchild = int(line_of(child))
        try:
            listed = {info.pid: info for info in tree.descendants(os.getpid())}
            assert listed[child.pid].parent == os.getpid()
            assert listed[grandchild].parent == child.pid
            assert "time.sleep(60)" in listed[grandchild].command
            assert listed[grandchild].status in {"sleeping", "running"}
            assert listed[grandchild].created > 0
            assert listed[child.pid].cpu_s >= 0
            assert str(listed[grandchild]) == f"process {grandchild} ({listed[grandchild].command})"
            assert [info.pid for info in tree.descendants(child.pid)] == [grandchild]
        finally:
            tree.end_tree(child.pid, grace_s=0)


@posix_only
def test_a_zombie_is_listed_by_name_and_status() -> None:
    with program("pass") as child:
        wait_until(lambda: not runs(child.pid))
        listed = {info.pid: info for info in tree.descendants(os.getpid())}
        assert listed[child.pid].status == "zombie"
        assert listed[child.pid].command.startswith("[")


def test_a_process_that_has_gone_has_no_descendants() -> None:
    with program("pass") as child:
        child.wait()
    assert tree.descendants(child.pid) == []
    assert tree.end_tree(child.pid) == ()
    assert processes.open_all([child.pid]) == []


def test_a_tree_is_ended_with_its_grandchildren_and_the_status_is_left_for_its_owner() -> None:
    with program(GRANDCHILD, SLEEP) as child:
        grandchild = int(line_of(child))
        ended = tree.end_tree(child.pid)
        assert {info.pid for info in ended} == {child.pid, grandchild}
        assert not runs(grandchild)
        assert child.wait() == -signal.SIGTERM if os.name == "posix" else child.wait() is not None


@posix_only
def test_a_process_that_ignores_the_request_is_killed() -> None:
    with program(STUBBORN) as child:
        line_of(child)
        tree.end_tree(child.pid, grace_s=0.05)
        assert child.wait() == -signal.SIGKILL


@posix_only
def test_a_stopped_process_is_woken_to_receive_the_request() -> None:
    with program(SLEEP) as child:
        line_of(child)
        os.kill(child.pid, signal.SIGSTOP)
        tree.end_tree(child.pid, grace_s=20.0)
        assert child.wait() == -signal.SIGTERM


@posix_only
def test_a_stopped_process_is_killed_without_grace() -> None:
    with program(SLEEP) as child:
        line_of(child)
        os.kill(child.pid, signal.SIGSTOP)
        tree.end_tree(child.pid, grace_s=0)
        assert child.wait() == -signal.SIGKILL


@posix_only
def test_a_child_in_a_new_session_belongs_to_the_tree() -> None:
    code = GRANDCHILD.replace("stdout=", "start_new_session=True, stdout=")
    with program(code, SLEEP) as child:
        grandchild = int(line_of(child))
        tree.end_tree(child.pid, grace_s=0)
        assert not runs(grandchild)


@linux_only
@pytest.mark.usefixtures("subreaper")
def test_a_process_that_forks_away_when_asked_to_end_is_still_caught() -> None:
    code = """
import os, signal, sys, time
def run_away(*_):
    if os.fork() == 0:
        os.setsid()
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        time.sleep(60)
    os._exit(0)
signal.signal(signal.SIGTERM, run_away)
print('ready', flush=True)
while True:
    time.sleep(60)
"""
    with tree.Watcher() as watcher, program(code) as child:
        line_of(child)
        tree.end_tree(child.pid, grace_s=0.3)
        assert watcher.left() == ()
    assert zombies_of_ours() == []


@linux_only
@pytest.mark.usefixtures("subreaper")
def test_a_tree_that_keeps_forking_is_ended() -> None:
    code = """
import os, time
def bear(generation):
    while generation < 3:
        if os.fork() == 0:
            bear(generation + 1)
        time.sleep(0.05)
    time.sleep(60)
print('ready', flush=True)
bear(0)
"""
    with tree.Watcher() as watcher, program(code) as child:
        line_of(child)
        wait_until(lambda: len(tree.descendants(child.pid)) > 3)
        tree.end_tree(child.pid, grace_s=0)
        assert watcher.left() == ()
    assert zombies_of_ours() == []


def test_a_process_cannot_end_its_own_tree() -> None:
    for pid in (os.getpid(), os.getppid()):
        with pytest.raises(ValueError, match="belongs to its tree") as caught:
            tree.end_tree(pid)
        assert str(caught.value) == (
            f"end_tree cannot end process {pid}: the caller (process {os.getpid()}) belongs to its tree"
        )


@linux_only
@pytest.mark.usefixtures("subreaper")
def test_a_daemon_is_noticed_swept_and_collected() -> None:
    with tree.Watcher() as watcher, program(DAEMON) as parent:
        daemon = int(line_of(parent))
        parent.wait()
        [left] = watcher.left()
        assert (left.pid, left.parent) == (daemon, os.getpid())
        assert [info.pid for info in watcher.sweep()] == [daemon]
        assert watcher.left() == ()
        assert not psutil.pid_exists(daemon), "a zombie would be left"


@posix_only
def test_without_adoption_a_look_in_time_finds_the_orphan_again() -> None:
    code = DAEMON.replace("    os._exit(0)", "    os.read(0, 1)\n    os._exit(0)")
    with tree.Watcher() as watcher, program(code) as parent:
        wait_until(lambda: len(tree.descendants(parent.pid)) > 1)
        watcher.look()
        assert parent.stdin is not None
        parent.stdin.write("\n")
        parent.stdin.flush()
        daemon = int(line_of(parent))
        parent.wait()
        assert [info.pid for info in watcher.left()] == [daemon]
        watcher.sweep()
        assert not runs(daemon)


def test_what_was_there_before_is_not_left_behind() -> None:
    with program(SLEEP) as before:
        line_of(before)
        with tree.Watcher() as watcher:
            assert watcher.left() == ()
            assert watcher.sweep() == ()
        assert before.poll() is None


@posix_only
def test_a_sweep_takes_no_exit_status_from_its_owner() -> None:
    context = multiprocessing.get_context("spawn")
    with tree.Watcher() as watcher, program(SLEEP) as child:
        line_of(child)
        process = context.Process(target=signal.pause)
        process.start()
        watcher.sweep()
        assert not runs(child.pid)
        assert child.wait() == -signal.SIGKILL
        process.join()
        assert process.exitcode == -signal.SIGKILL


def test_helpers_of_ours_and_of_python_are_not_left_behind() -> None:
    context = multiprocessing.get_context("spawn")
    with tree.Watcher() as watcher, helpers.helper_process([sys.executable, "-c", "input()"]) as helper:
        context.Value("i").get_lock()  # a semaphore: starts the resource tracker
        assert helper.pid in helpers.helper_pids()
        assert watcher.left() == ()
        assert watcher.sweep() == ()
        assert helper.poll() is None
    assert helper.pid not in helpers.helper_pids()


@linux_only
@pytest.mark.usefixtures("subreaper")
def test_helpers_of_a_process_that_ended_are_given_time_to_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tree, "HELPER_END_S", WAIT_S)
    code = """
import multiprocessing.resource_tracker as tracker
tracker.ensure_running()
print(tracker._resource_tracker._pid, flush=True)
input()
"""
    with tree.Watcher() as watcher, program(code) as child:
        int(line_of(child))
        wait_until(lambda: [info.pid for info in watcher.left()] == [child.pid])  # forked first, a tracker then
        child.kill()
        child.wait()
        assert watcher.left() == ()
        watcher.sweep()
    assert zombies_of_ours() == []


def test_helpers_of_multiprocessing_are_known_by_their_command() -> None:
    server = "python -c from multiprocessing.forkserver import main; main(3, 4)"
    tracker = "python -c from multiprocessing.resource_tracker import main;main(5)"
    assert helpers.is_python_helper(server, "python host.py")
    assert helpers.is_python_helper(tracker, "python host.py")
    assert not helpers.is_python_helper(server, server), "a child of the fork server keeps its command line"
    assert not helpers.is_python_helper("python work.py", server)


def test_a_helper_that_does_not_end_by_itself_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(helpers, "END_S", 0.05)
    with helpers.helper_process([sys.executable, "-c", SLEEP]) as helper:
        assert helper.poll() is None
    assert helper.returncode != 0


@posix_only
def test_a_fork_keeps_no_helper_alive() -> None:
    code = """
import os, sys, time
from pytest_parlab.machine.helpers import helper_pids, start_helper
helper = start_helper([sys.executable, "-c", "input()"])
if os.fork() == 0:
    print(helper.pid, os.getpid(), len(helper_pids()), flush=True)
    time.sleep(60)
time.sleep(60)
"""
    with program(code) as parent:
        helper, fork, known_in_fork = map(int, line_of(parent).split())
        assert known_in_fork == 0
        parent.kill()
        parent.wait()
        try:
            wait_until(lambda: not runs(helper))
            assert runs(fork)
        finally:
            os.kill(fork, signal.SIGKILL)


def test_a_child_that_somebody_waits_for_is_not_reaped() -> None:
    with program("pass") as child:
        wait_until(lambda: not runs(child.pid))
        assert child.pid in orphans.awaited_pids()
        assert orphans.reap([child.pid]) == ()
        assert child.wait() == 0


@posix_only
def test_reaping_what_is_not_ours_does_nothing() -> None:
    assert orphans.reap([os.getppid(), 2**22 + 5]) == ()


def test_adoption_is_refused_politely_where_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert not tree.become_subreaper()


@linux_only
def test_adoption_is_refused_politely_where_the_library_lacks_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda *_arguments, **_named: object())
    assert not tree.become_subreaper()
