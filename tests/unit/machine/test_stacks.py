from __future__ import annotations

import faulthandler
import os
import signal
import sys
from pathlib import Path

import pytest

from pytest_parlab.machine import stacks

from .programs import line_of, program, wait_until

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no such signal")

HANG = """
import os, sys, threading, time
from pytest_parlab.machine import stacks
def hang_in_the_child():
    os.write(writer, b'.')
    time.sleep(60)
def hang_in_the_parent():
    os.read(reader, 1)
    print(pid, flush=True)
    os.waitpid(pid, 0)
assert stacks.enable(sys.argv[1])
reader, writer = os.pipe()
pid = os.fork()
if pid == 0:
    hang_in_the_child()
hang_in_the_parent()
"""


def test_every_process_says_where_it_hangs_and_forked_children_too(tmp_path: Path) -> None:
    path = tmp_path / "stacks"
    with program(HANG, path) as host:
        child = int(line_of(host))
        try:
            text = stacks.request([host.pid, child], path, wait_s=20.0)
        finally:
            os.kill(child, signal.SIGKILL)
    first, second = text.split(f"Process {child}\n")
    assert first.startswith(f"Process {host.pid}\n")
    assert "in hang_in_the_parent" in first
    assert "in hang_in_the_child" in second


def test_a_process_without_a_handler_is_not_asked_and_lives_on(tmp_path: Path) -> None:
    with program("print(1, flush=True); input(); print('alive')") as process:
        line_of(process)
        assert stacks.request([process.pid], tmp_path / "stacks", wait_s=0.05) == ""
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
        assert line_of(process) == "alive"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells who has a handler")
def test_who_has_a_handler_is_known(tmp_path: Path) -> None:
    with program("print(1, flush=True); input()") as process:
        line_of(process)
        assert not stacks.listens(process.pid)
    assert not stacks.listens(process.pid)
    assert stacks.listens(process.pid, proc=tmp_path), "where the system does not tell, asking is harmless"


def test_a_stopped_process_costs_only_its_share_of_the_time(tmp_path: Path) -> None:
    path = tmp_path / "stacks"
    with program(HANG, path) as host:
        child = int(line_of(host))
        try:
            os.kill(child, signal.SIGSTOP)
            text = stacks.request([child, host.pid], path, wait_s=4.0)
        finally:
            os.kill(child, signal.SIGKILL)
    assert "in hang_in_the_parent" in text


def test_a_process_that_has_gone_gives_nothing(tmp_path: Path) -> None:
    with program("pass") as process:
        process.wait()
    assert stacks.request([process.pid], tmp_path / "stacks", wait_s=0.05) == ""


def test_enabling_here_and_disabling_again_leaves_nothing_open(tmp_path: Path) -> None:
    path = tmp_path / "stacks"
    assert stacks.enable(path)
    try:
        assert stacks.listens(os.getpid())
        assert "test_enabling_here" in stacks.request([os.getpid()], path)
    finally:
        stacks.disable()
    if sys.platform == "linux":
        wait_until(lambda: not stacks.listens(os.getpid()))
    assert stacks._files == []


def test_a_file_that_cannot_be_opened_is_told(tmp_path: Path) -> None:
    assert not stacks.enable(tmp_path / "missing" / "stacks")


def test_a_system_without_the_signal_answers_with_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(faulthandler, "register", raising=False)
    assert not stacks.enable(tmp_path / "stacks")
    assert stacks.request([os.getpid()], tmp_path / "stacks") == ""
    stacks.disable()
    monkeypatch.setattr(stacks, "SIGNAL", None)
    assert not stacks.listens(os.getpid())
