from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from pytest_parlab.instrument import meeting
from pytest_parlab.instrument.meeting import attend


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meeting, "_released", set())


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(20)
        yield server


@pytest.mark.parametrize(
    "address",
    [
        "",
        "nonsense",
        "unix:",
        "unix:/no/such/socket",
        f"unix:/{'x' * 200}",
        "tcp:127.0.0.1",
        "tcp:127.0.0.1:x:t",
        "a:b:c:d",
    ],
)
def test_an_address_where_nobody_listens_is_passed_by(address: str) -> None:
    attend(address)


def test_a_closed_port_is_passed_by(listener: socket.socket) -> None:
    port = listener.getsockname()[1]
    listener.close()
    attend(f"tcp:127.0.0.1:{port}:token")


def test_a_task_says_who_it_is_and_waits_until_it_is_released(listener: socket.socket) -> None:
    address = f"tcp:127.0.0.1:{listener.getsockname()[1]}:token"
    task = threading.Thread(target=attend, args=(address,))
    task.start()
    connection, _ = listener.accept()
    with connection:
        connection.settimeout(20)
        assert connection.recv(100) == f"token {os.getpid()}\n".encode()
        assert task.is_alive()
        connection.sendall(b".")
    task.join(20)
    assert not task.is_alive()


def test_a_process_that_was_released_once_does_not_attend_again(listener: socket.socket) -> None:
    address = f"tcp:127.0.0.1:{listener.getsockname()[1]}:token"
    task = threading.Thread(target=attend, args=(address,))
    task.start()
    listener.accept()[0].close()  # the meeting ended: that releases too
    task.join(20)
    attend(address)
    listener.settimeout(0)
    with pytest.raises(BlockingIOError):
        listener.accept()


def test_a_system_without_unix_sockets_passes_by(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delattr(socket, "AF_UNIX", raising=False)
    attend(f"unix:{tmp_path / 'socket'}")


def test_the_import_brings_no_socket_into_every_child() -> None:
    code = (
        "import importlib.util, sys\n"
        "spec = importlib.util.spec_from_file_location('meeting', sys.argv[1])\n"
        "spec.loader.exec_module(importlib.util.module_from_spec(spec))\n"
        "print('socket' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, meeting.__file__], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
