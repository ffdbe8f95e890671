"""Nothing of a host stays: not after a deadline, not from an import, not even if the judge itself is killed."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import psutil
import pytest

from pytest_parlab.errors import NotPlainData, SubmissionDied, SubmissionTimeout
from pytest_parlab.sandbox import clearing, guard_process, judge
from pytest_parlab.sandbox.clearing import marked
from pytest_parlab.sandbox.guard import Guard
from pytest_parlab.trace.session import SHARED_MEMORY
from tests.sandbox.hosts import LONG_S, SHOWN, hosting, order_of, started

TREE = """
    import os, signal, subprocess, sys, time
    from multiprocessing import Process
    from pathlib import Path

    def grow():
        Process(target=time.sleep, args=(600,)).start()
        Process(target=branch).start()
        Process(target=deaf).start()
        daemon()
        subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
        os.system("sleep 600 &")
        Path("grown").touch()
        while True:
            pass

    def branch():
        Process(target=time.sleep, args=(600,)).start()
        time.sleep(600)

    def deaf():
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        time.sleep(600)

    def daemon():
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                time.sleep(600)
            os._exit(0)
        os.wait()
"""
GROWN = 8
"""Processes below the host once it has grown: five children, a grandchild, a shell's sleep and a daemon."""
PATIENT_S = 60.0


def wait_until(condition: Callable[[], object], what: str) -> None:
    """Wait for something that happens for sure; how long it takes decides nothing."""
    end = time.monotonic() + PATIENT_S
    while not condition():
        assert time.monotonic() < end, what
        time.sleep(0.02)


class Clock:
    """Stands for the judge's `time`: a deadline comes when a test says so, and not before."""

    def __init__(self) -> None:
        self.monotonic = time.monotonic
        self.perf_counter = time.perf_counter

    def pass_deadline(self) -> None:
        self.monotonic = lambda: time.monotonic() + LONG_S


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(judge, "time", made)
    return made


def test_a_deadline_ends_the_whole_tree(tmp_path: Path, clock: Clock) -> None:
    """Children, grandchildren, a deaf one, a double fork, a new session, a shell's background job."""
    with hosting(tmp_path, TREE) as host:
        seen: list[int] = []

        def look() -> None:
            wait_until((host._folder.work / "grown").exists, "the tree did not grow")
            wait_until(lambda: len(marked(str(host._folder.path))) > GROWN - 1, "the tree is not complete")
            seen.extend(process.pid for process in marked(str(host._folder.path)))
            clock.pass_deadline()

        watching = threading.Thread(target=look)
        watching.start()
        with pytest.raises(SubmissionTimeout) as caught:
            host.call("grow", deadline_s=LONG_S)
        watching.join()
        assert len(seen) >= GROWN
        assert not [pid for pid in seen if psutil.pid_exists(pid) and psutil.Process(pid).status() != "zombie"]
    text = str(caught.value)
    assert text.startswith("grow did not answer within 60 s. It was stopped, with every process that it had started.")
    if sys.platform == "linux":
        assert re.search(rf"^  your function: {SHOWN}:1[0-9] in grow$", text, re.MULTILINE)


def test_an_endless_loop_at_import_is_stopped(tmp_path: Path) -> None:
    with started(order_of(tmp_path, "while True:\n    pass\n")) as host:
        with pytest.raises(SubmissionTimeout) as caught:
            host.load(deadline_s=1)
        assert caught.value.loading
    assert f"{SHOWN} while it was being imported did not answer within 1 s." in str(caught.value)


def test_endless_printing_is_stopped(tmp_path: Path) -> None:
    source = "def f():\n    while True:\n        print('x' * 100_000)\n"
    with hosting(tmp_path, source) as host:
        with pytest.raises(SubmissionTimeout) as caught:
            host.call("f", deadline_s=LONG_S)
        assert len(host.new_output()) < 200_000
    assert str(caught.value) == (
        "f printed more than 16 MiB and was stopped. Look for a print in a loop that never ends."
    )


def test_processes_that_a_module_leaves_are_named_and_ended(tmp_path: Path) -> None:
    source = """
        import subprocess, sys, threading, time
        subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        threading.Thread(target=time.sleep, args=(600,)).start()

        def f():
            return 1
    """
    with hosting(tmp_path, source) as host:
        assert host.call("f") == 1
        ending = host.end()
        assert len(ending.left) == 1
        assert "time.sleep(600)" in ending.left[0]
        assert host.end() is ending


def test_a_thread_that_a_module_leaves_keeps_nobody(tmp_path: Path) -> None:
    source = "import threading, time\nthreading.Thread(target=time.sleep, args=(600,)).start()\n"
    with hosting(tmp_path, source) as host:
        assert host.end().left == ()


@pytest.mark.skipif(not SHARED_MEMORY.is_dir(), reason="needs a system that shows its shared memory as files")
@pytest.mark.parametrize("start_method", ["fork", "spawn", "forkserver"])
def test_semaphores_and_shared_memory_of_a_killed_tree_are_gone(
    tmp_path: Path, start_method: str, clock: Clock
) -> None:
    source = """
        import multiprocessing, time
        from multiprocessing import shared_memory
        from pathlib import Path

        def hold():
            lock = multiprocessing.Lock()
            queue = multiprocessing.Queue()
            memory = shared_memory.SharedMemory(create=True, size=1000)
            child = multiprocessing.Process(target=wait, args=(lock, queue))
            child.start()
            queue.get()
            names = [(lock._semlock.name or "none").lstrip("/"), memory.name.lstrip("/")]
            Path("written").write_text(" ".join(names))
            Path("written").rename("names")
            time.sleep(600)

        def wait(lock, queue):
            queue.put(1)
            time.sleep(600)
    """
    with hosting(tmp_path, source, start_method=start_method) as host:
        file = host._folder.work / "names"
        found: list[str] = []

        def read() -> None:
            wait_until(file.exists, "no names")
            found.extend(file.read_text(encoding="utf-8").split())
            clock.pass_deadline()

        reading = threading.Thread(target=read)
        reading.start()
        with pytest.raises(SubmissionTimeout):
            host.call("hold", deadline_s=LONG_S)
        reading.join()
    lock, memory = found
    assert not (SHARED_MEMORY / memory).exists()
    assert not (SHARED_MEMORY / f"sem.{lock}").exists()


GRABS = """
    import gc, os, time
    from multiprocessing.connection import Connection

    def channel():
        return next(one for one in gc.get_objects() if type(one) is Connection)

    def forge(data):
        channel().send_bytes(data)
        time.sleep(600)

    def half():
        os.write(channel().fileno(), b"\\x00\\x00\\x10\\x00only a part")
        time.sleep(600)

    def huge():
        os.write(channel().fileno(), b"\\x7f\\xff\\xff\\xff")
        time.sleep(600)
"""


@pytest.mark.parametrize(
    ("data", "error", "text"),
    [
        (b"garbage", SubmissionDied, "forge: an answer could not be read: the tag b'g' is not known"),
        (b"i" + bytes(8), SubmissionDied, "forge: the process that runs your code sent something that is no answer."),
        (b"d\x00\x00\x00\x01u\x00\x00\x00\x06raisedN", SubmissionDied, "sent something that is no answer."),
        (
            b"d\x00\x00\x00\x01u\x00\x00\x00\x0aunsendableu\x00\x00\x00\x03why",
            NotPlainData,
            "The result of forge cannot be used: why",
        ),
    ],
)
def test_a_forged_answer_is_data_or_nonsense(tmp_path: Path, data: bytes, error: type[Exception], text: str) -> None:
    with hosting(tmp_path, GRABS) as host, pytest.raises(error) as caught:
        host.call("forge", (data,), deadline_s=LONG_S)
    assert text in str(caught.value)


@pytest.mark.parametrize("name", ["half", "huge"])
def test_half_an_answer_does_not_hold_the_judge(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judge, "BACKSTOP_S", 0.1)
    with hosting(tmp_path, GRABS) as host, pytest.raises((SubmissionDied, SubmissionTimeout)):
        host.call(name, deadline_s=1)


JUDGE = """
    import sys
    from pathlib import Path
    from pytest_parlab.sandbox.judge import HostProcess
    from pytest_parlab.sandbox.order import Order
    host = HostProcess(Order(Path(sys.argv[1]), "lesson.py"))
    host.load()
    print(host._folder.path, host._watch, flush=True)
    if sys.argv[2] == "idle":
        import time
        time.sleep(600)
    host.call("grow", deadline_s=600)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
@pytest.mark.parametrize(
    ("doing", "number"), [("idle", signal.SIGKILL), ("grow", signal.SIGKILL), ("grow", signal.SIGTERM)]
)
def test_a_host_whose_judge_is_killed_is_cleared_away(tmp_path: Path, doing: str, number: signal.Signals) -> None:
    order = order_of(tmp_path, TREE)
    command = [sys.executable, "-c", dedent(JUDGE), str(order.module), doing]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        folder, watch = map(Path, running.stdout.readline().split())
        if doing == "grow":
            wait_until((folder / "work" / "grown").exists, "the tree did not grow")
        assert marked(str(folder))
        running.send_signal(number)
        running.wait()
    wait_until(lambda: not marked(str(folder)), "processes are left")
    wait_until(lambda: not folder.exists() and not watch.exists(), "folders are left")


def test_an_idle_host_ends_by_itself_when_its_judge_is_gone(tmp_path: Path) -> None:
    """It reads the end of the channel, whoever else is there to clear up."""
    with hosting(tmp_path, "def f(): return 1") as host:
        host._channel.close()
        assert host._process.wait(PATIENT_S) == 0


def test_what_killed_runs_have_left_is_removed(tmp_path: Path) -> None:
    dead, alive = 999_999_998, os.getpid()
    for pid in (dead, alive):
        (tmp_path / f"parlab-host-{pid}-abc" / "work").mkdir(parents=True)
        (tmp_path / f"parlab-{pid}-abc").mkdir()
    (tmp_path / "parlab-host-old-abc").mkdir()
    (tmp_path / f"other-{dead}-abc").mkdir()
    removed = clearing.clear_stale((tmp_path,))
    assert {path.name for path in removed} == {f"parlab-host-{dead}-abc", f"parlab-{dead}-abc"}
    assert {path.name for path in tmp_path.iterdir()} == {
        f"parlab-host-{alive}-abc",
        f"parlab-{alive}-abc",
        "parlab-host-old-abc",
        f"other-{dead}-abc",
    }


def test_the_guard_clears_what_was_not_forgotten(tmp_path: Path) -> None:
    """Its input is the judge's word, the last line perhaps cut short; the end of it is the judge's end."""
    for name in ("kept", "stays", "kept-watch", "stays-watch"):
        (tmp_path / name).mkdir()
    lines = [
        {"watch": [str(tmp_path / "kept"), str(tmp_path / "kept-watch")]},
        {"watch": [str(tmp_path / "stays"), str(tmp_path / "stays-watch")]},
        {"forget": str(tmp_path / "stays")},
    ]
    sleeper = subprocess.Popen(
        [sys.executable, "-c", "import time; time.sleep(600)"], env={"HOME": str(tmp_path / "kept" / "home")}
    )
    text = "".join(json.dumps(line) + "\n" for line in lines) + '{"watch": ["'
    command = [sys.executable, "-I", "-c", "from pytest_parlab.sandbox.guard_process import main; main()"]
    with sleeper:
        subprocess.run(command, input=text, text=True, check=True, timeout=PATIENT_S)
        assert sleeper.wait() != 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["stays", "stays-watch"]


def test_a_guard_that_was_killed_is_replaced(tmp_path: Path) -> None:
    guard = Guard()
    try:
        guard.watch(tmp_path / "a", tmp_path / "b")
        assert guard._helper is not None
        first = guard._helper.pid
        guard._helper.kill()
        guard._helper.wait()
        guard.forget(tmp_path / "a")  # to nobody: no error
        guard.watch(tmp_path / "c", tmp_path / "d")
        assert guard._helper.pid != first
        guard.forget(tmp_path / "c")
    finally:
        guard.dismiss()
    guard.dismiss()


def test_clearing_a_host_that_is_gone_is_no_error(tmp_path: Path) -> None:
    guard_process.clear(tmp_path / "none", tmp_path / "nothing")
