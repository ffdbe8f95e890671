from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
import pytest

from pytest_parlab.errors import Undecided, UsageError
from pytest_parlab.machine import meeting as meeting_module
from pytest_parlab.machine import peers, place, tree
from pytest_parlab.machine.meeting import Meeting, gathering_of
from pytest_parlab.machine.quiet import Quiet

from .programs import WAIT_S, line_of, program, runs, wait_until

ATTEND = """
import sys
from pytest_parlab.instrument.meeting import attend
print('here', flush=True)
attend(sys.argv[1])
print('released', flush=True)
"""

ATTEND_IN_THREADS = """
import sys, threading, time
from pytest_parlab.instrument.meeting import attend
threads = [threading.Thread(target=attend, args=(sys.argv[1],)) for _ in range(3)]
for thread in threads: thread.start()
for thread in threads: thread.join()
"""

START_AND_JOIN_IN_A_LOOP = """
import subprocess, sys
for _ in range(2):
    subprocess.run([sys.executable, '-c', sys.argv[1], sys.argv[2]], check=True)
"""

CROWD = """
import socket, sys, time
crowd = []
for _ in range(200):
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(sys.argv[1].partition(':')[2])
    crowd.append(connection)
print('here', flush=True)
sys.stdin.readline()
"""

WAITS_WITH_A_FORK = """
import os, socket, sys, time
connection = socket.socket(socket.AF_UNIX)
connection.connect(sys.argv[1].partition(':')[2])
if os.fork() == 0:
    print(os.getpid(), flush=True)
    time.sleep(60)
time.sleep(60)
"""

NEVER_QUIET_S = 1000.0
unix_only = pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="needs Unix sockets")
linux_only = pytest.mark.skipif(sys.platform != "linux", reason="the kernel vouches for the dead only on Linux")


def waiting_at(meeting: Meeting) -> int:
    """How many connections the meeting place holds now: the listener and the pipes are not counted."""
    assert meeting._helper is not None
    path = meeting.address.partition(":")[2]
    helper = psutil.Process(meeting._helper.pid)
    return sum(str(link.laddr) == path and link.status == "NONE" for link in helper.net_connections("unix")) - 1


def test_two_processes_meet() -> None:
    with (
        Meeting(2, WAIT_S, quiet_s=NEVER_QUIET_S) as meeting,
        program(ATTEND, meeting.address) as first,
        program(ATTEND, meeting.address) as second,
    ):
        for task in (first, second):
            assert [line_of(task), line_of(task)] == ["here", "released"]
    gathering = meeting.gathering
    assert gathering.met
    assert set(gathering.pids) == {first.pid, second.pid}
    assert (gathering.parties, gathering.arrivals, gathering.distinct_pids) == (2, 2, 2)
    assert not gathering.threads_of_one_process
    assert gathering.reason == (
        f"2 different processes waited at once (process {gathering.pids[0]}, {gathering.pids[1]})"
    )


def test_later_tasks_are_let_through_at_once_and_counted() -> None:
    with Meeting(1, WAIT_S, quiet_s=NEVER_QUIET_S) as meeting:
        for _ in range(3):
            with program(ATTEND, meeting.address) as task:
                assert task.wait(WAIT_S) == 0
    assert (meeting.gathering.met, meeting.gathering.arrivals, meeting.gathering.distinct_pids) == (True, 3, 3)
    assert len(meeting.gathering.pids) == 1


@pytest.mark.parametrize("portable", [False, True])
def test_start_and_join_in_a_loop_gives_up_long_before_the_deadline(*, portable: bool) -> None:
    meeting = Meeting(2, 1000.0, quiet_s=0.2)
    meeting._portable = portable
    with meeting, program(START_AND_JOIN_IN_A_LOOP, ATTEND, meeting.address) as loop:
        assert loop.wait(WAIT_S) == 0
    gathering = meeting.gathering
    assert not gathering.met
    assert (gathering.arrivals, gathering.distinct_pids, len(gathering.pids)) == (2, 2, 1)
    assert gathering.reason == (
        f"1 of 2 processes waited at once (process {gathering.pids[0]}), and nobody else could come: "
        "every process of the run slept for 0.2 s"
    )


def test_a_process_that_works_keeps_the_meeting_open_until_somebody_else_comes() -> None:
    spins = "print('here', flush=True)\nwhile True: pass"
    with (
        Meeting(2, 1000.0, quiet_s=0.1) as meeting,
        program(spins) as busy,
        program(ATTEND, meeting.address) as first,
    ):
        line_of(busy)
        line_of(first)
        time.sleep(0.5)  # several times the quiet time: it must not give up
        with program(ATTEND, meeting.address) as second:
            assert second.wait(WAIT_S) == 0
        assert first.wait(WAIT_S) == 0
    assert meeting.gathering.met


def test_only_the_given_root_can_send_somebody() -> None:
    spins = "print('here', flush=True)\nwhile True: pass"
    with Meeting(2, 1000.0, quiet_s=0.1) as meeting, program(spins) as stranger:
        line_of(stranger)
        with program(ATTEND, meeting.address) as task:
            meeting.root = task.pid
            assert meeting.root == task.pid
            assert task.wait(WAIT_S) == 0
    assert not meeting.gathering.met


def test_a_root_given_at_the_start_is_watched() -> None:
    with Meeting(2, 1000.0, root=os.getpid(), quiet_s=0.1) as meeting, program(ATTEND, meeting.address) as task:
        assert task.wait() == 0  # this process sleeps in wait, so nobody else can come
    assert not meeting.gathering.met


def test_threads_of_one_process_count_once_and_are_told() -> None:
    with Meeting(2, 1000.0, quiet_s=0.2) as meeting, program(ATTEND_IN_THREADS, meeting.address) as task:
        assert task.wait(WAIT_S) == 0
    gathering = meeting.gathering
    assert not gathering.met
    assert gathering.threads_of_one_process
    assert gathering.pids == (task.pid,)
    assert (gathering.arrivals, gathering.distinct_pids) == (3, 1)
    assert gathering.reason.endswith(f"; threads of one process (process {task.pid}) count once")


@unix_only
def test_one_process_that_connects_many_times_counts_once_and_exhausts_nothing() -> None:
    with Meeting(2, WAIT_S, quiet_s=NEVER_QUIET_S) as meeting, program(CROWD, meeting.address) as crowd:
        assert line_of(crowd) == "here"
        wait_until(lambda: waiting_at(meeting) == place.PER_PROCESS)
        with program(ATTEND, meeting.address) as other:
            assert other.wait(WAIT_S) == 0
    assert meeting.gathering.met
    assert meeting.gathering.distinct_pids == 2
    assert meeting.gathering.threads_of_one_process


@linux_only
def test_a_task_that_died_while_waiting_does_not_count() -> None:
    with Meeting(2, WAIT_S, quiet_s=NEVER_QUIET_S) as meeting:
        with program(ATTEND, meeting.address) as dead:
            wait_until(lambda: waiting_at(meeting) == 1)
            dead.kill()
            dead.wait()
        with program(ATTEND, meeting.address) as living:
            line_of(living)
            wait_until(lambda: waiting_at(meeting) == 1)
    gathering = meeting.gathering
    assert not gathering.met
    assert (gathering.arrivals, len(gathering.pids)) == (2, 1)
    assert gathering.reason == f"1 of 2 processes waited at once (process {dead.pid}) before the run ended"
    assert living.pid != dead.pid


@linux_only
def test_a_dead_task_does_not_count_even_if_a_fork_holds_its_connection() -> None:
    with (
        Meeting(2, WAIT_S, quiet_s=NEVER_QUIET_S) as meeting,
        program(WAITS_WITH_A_FORK, meeting.address) as dead,
    ):
        fork = int(line_of(dead))
        wait_until(lambda: waiting_at(meeting) == 1)
        dead.kill()
        wait_until(lambda: not runs(dead.pid))  # still a zombie here: its exit status is not read
        try:
            wait_until(lambda: waiting_at(meeting) == 0)
        finally:
            os.kill(fork, signal.SIGKILL)
    assert not meeting.gathering.met


def test_nobody_came_before_the_run_ended() -> None:
    with Meeting(3, WAIT_S) as meeting:
        pass
    assert meeting.gathering.reason == "none of 3 processes came before the run ended"
    assert meeting.gathering.pids == ()


def test_the_deadline_lets_everybody_go() -> None:
    with Meeting(2, 0.2, quiet_s=NEVER_QUIET_S) as meeting, program(ATTEND, meeting.address) as task:
        assert task.wait(WAIT_S) == 0
    assert not meeting.gathering.met
    assert "within 0.2 s" in meeting.gathering.reason


def test_leaving_the_block_lets_everybody_go() -> None:
    with Meeting(2, 1000.0, quiet_s=NEVER_QUIET_S) as meeting, program(ATTEND, meeting.address) as task:
        line_of(task)
        assert meeting.close() is meeting.close()
        assert task.wait(WAIT_S) == 0


def test_nothing_is_left_behind(tmp_path: Path) -> None:
    with tree.Watcher() as watcher:
        with Meeting(1, WAIT_S, directory=tmp_path) as meeting:
            assert meeting._helper is not None
            helper = meeting._helper.pid
            assert runs(helper)
            assert watcher.left() == (), "the helper is not the user's process"
        assert not psutil.pid_exists(helper)
    assert list(tmp_path.iterdir()) == []


@unix_only
def test_the_helper_ends_and_cleans_up_if_the_judge_is_killed(tmp_path: Path) -> None:
    code = """
import os, sys, time
from pytest_parlab.machine.meeting import Meeting
meeting = Meeting(2, 1000.0, directory=sys.argv[1]).__enter__()
print(meeting._helper.pid, flush=True)
time.sleep(60)
"""
    with program(code, tmp_path) as judge:
        helper = int(line_of(judge))
        assert list(tmp_path.iterdir()) != []
        judge.kill()
        judge.wait()
    wait_until(lambda: not runs(helper))
    assert list(tmp_path.iterdir()) == []


@unix_only
def test_a_fork_of_the_judge_cannot_close_the_meeting() -> None:
    code = """
import os
from pytest_parlab.machine.meeting import Meeting
with Meeting(1, 20.0) as meeting:
    fork = os.fork()
    if fork == 0:
        meeting.close()
        os._exit(0)
    os.waitpid(fork, 0)
    from pytest_parlab.instrument.meeting import attend
    attend(meeting.address)
print(meeting.gathering.met, flush=True)
"""
    with program(code) as judge:
        assert line_of(judge) == "True"


def test_a_helper_that_was_killed_is_no_meeting() -> None:
    with Meeting(1, WAIT_S) as meeting, program(ATTEND, meeting.address) as task:
        task.wait(WAIT_S)
        assert meeting._helper is not None
        meeting._helper.kill()
        meeting._helper.wait()
        meeting.root = os.getpid()
    assert not meeting.gathering.met
    assert meeting.gathering.reason == "the meeting was ended from outside, so it is not known who came"


def test_a_helper_that_does_not_start_is_undecided(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(meeting_module, "START", "import sys; sys.exit(1)")
    with pytest.raises(Undecided) as caught, Meeting(2, directory=tmp_path):
        pass
    assert str(caught.value) == (
        "The helper process of the meeting did not start within 10 s, so it cannot be told whether the tasks ran in "
        "parallel. Run the test again on a less busy machine."
    )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("parties", "deadline_s", "quiet_s"), [(0, 1.0, 1.0), (2, 0.0, 1.0), (2, 1.0, -1.0)])
def test_impossible_meetings_are_refused(parties: int, deadline_s: float, quiet_s: float) -> None:
    with pytest.raises(UsageError) as caught:
        Meeting(parties, deadline_s, quiet_s=quiet_s)
    assert str(caught.value) == (
        f"A meeting needs at least 1 party and times above 0 s; it was given parties={parties}, "
        f"deadline_s={deadline_s} and quiet_s={quiet_s}."
    )


def test_without_unix_sockets_tasks_meet_over_the_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meeting_module, "_socket_path", lambda _directory: (None, ""))
    with Meeting(2, WAIT_S, quiet_s=NEVER_QUIET_S) as meeting:
        assert meeting.address.startswith("tcp:127.0.0.1:")
        port = int(meeting.address.split(":")[2])
        with socket.create_connection(("127.0.0.1", port)) as stranger:
            stranger.sendall(b"guess 12\n")
            assert stranger.recv(1) == b"", "who does not know the token is sent away"
        with socket.create_connection(("127.0.0.1", port)) as flood:
            flood.sendall(b"x" * (place.HELLO_BYTES + 1))
            flood.settimeout(WAIT_S)
            assert _ends(flood)
        with program(ATTEND, meeting.address) as first, program(ATTEND, meeting.address) as second:
            assert first.wait(WAIT_S) == second.wait(WAIT_S) == 0
    assert set(meeting.gathering.pids) == {first.pid, second.pid}
    assert meeting.gathering.arrivals == 2


def _ends(connection: socket.socket) -> bool:
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True


@unix_only
def test_a_directory_that_is_too_deep_for_a_socket_is_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep = tmp_path / ("d" * 100)
    deep.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(deep))
    with Meeting(1, WAIT_S, directory=deep) as meeting:
        path = meeting.address.partition(":")[2]
        assert len(path) < meeting_module.PATH_BYTES
        assert not path.startswith(str(deep))
        assert Path(path).parent.stat().st_mode & 0o777 == 0o700


def test_without_any_short_directory_tcp_must_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meeting_module, "PATH_BYTES", 0)
    assert meeting_module._socket_path(None) == (None, "")
    monkeypatch.setattr(sys, "platform", "win32")
    assert meeting_module._socket_path(None) == (None, "")


@pytest.mark.parametrize(
    ("report", "reason"),
    [
        ({"outcome": "deadline", "pids": [4, 5]}, "2 of 3 processes waited at once (process 4, 5) within 9 s"),
        ({"outcome": "deadline", "pids": []}, "none of 3 processes came within 9 s"),
        (
            {"outcome": "open", "pids": [4], "threads_of": 4},
            (
                "1 of 3 processes waited at once (process 4) before the run ended; "
                "threads of one process (process 4) count once"
            ),
        ),
        ({}, "the meeting was ended from outside, so it is not known who came"),
    ],
)
def test_every_end_is_put_into_words(report: dict[str, object], reason: str) -> None:
    gathering = gathering_of(report, parties=3, deadline_s=9.0, quiet_s=0.6)
    assert gathering.reason == reason
    assert not gathering.met


@unix_only
def test_the_kernel_vouches_for_a_peer() -> None:
    left, right = socket.socketpair()
    with left, right:
        assert peers.peer_pid(left) in {os.getpid(), None}
        if sys.platform == "linux":
            assert peers.peer_pid(left) == os.getpid()
    assert peers.peer_pid(left) is None, "a closed connection has no peer"


def test_where_the_kernel_does_not_vouch_the_peer_says_who_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(socket, "SO_PEERCRED", raising=False)
    left, right = socket.socketpair()
    with left, right:
        if sys.platform != "darwin":
            assert peers.peer_pid(left) is None


def test_who_lives_is_known_with_and_without_proc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with program("pass") as gone:
        gone.wait()
    assert peers.is_alive(os.getpid())
    assert not peers.is_alive(gone.pid)
    monkeypatch.setattr(peers, "PROC", tmp_path)
    assert peers.is_alive(os.getpid())
    assert peers.is_alive(1)
    monkeypatch.setattr(os, "name", "nt")
    assert peers.is_alive(gone.pid), "the connection tells then"


def test_the_place_in_this_process_follows_its_rules() -> None:
    listener, address, token = peers.listen("")
    here = place.Place(
        listener,
        parties=2,
        end=time.monotonic() + WAIT_S,
        token=token,
        quiet=Quiet(lambda: (_ for _ in ()).throw(AssertionError("nobody waits")), 1.0),
        vouch=lambda _connection: None,
    )
    with socket.create_connection(("127.0.0.1", int(address.split(":")[2]))) as task:
        task.sendall(b"nonsense\n")
        for _ in range(2):
            here.step()
        assert task.recv(1) == b""
    here.close()
    assert json.loads(json.dumps(here.report())) == {
        "outcome": "open",
        "pids": [],
        "arrivals": 0,
        "distinct": 0,
        "threads_of": None,
    }


def test_the_helper_starts_without_the_packages_of_the_user() -> None:
    code = "import sys; sys.path.append(sys.argv[1]); import pytest_parlab.machine.place; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code, meeting_module.PACKAGES], capture_output=True, text=True, check=True
    )
    assert {"psutil", "pytest", "dataclasses", "typing"}.isdisjoint(done.stdout.split())
