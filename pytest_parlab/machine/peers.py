"""Sockets of the meeting place: where tasks come to, and who is at the other end.

Imports nothing but the process table, because the helper that uses it must start fast.
"""

from __future__ import annotations

import os
import socket
import struct
import sys

from pytest_parlab.machine.table import PROC, read_stat

BACKLOG = 400
"""Connections that the kernel keeps until they are accepted."""


def peer_pid(connection: socket.socket) -> int | None:
    """The process id of a peer as the kernel knows it; None where it does not tell."""
    try:
        if hasattr(socket, "SO_PEERCRED"):
            size = struct.calcsize("3i")
            pid, _, _ = struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size))
            return int(pid) or None  # 0: a process that this process cannot see
        if sys.platform == "darwin":
            local, peer = 0, 2  # SOL_LOCAL and LOCAL_PEERPID, from sys/un.h
            return connection.getsockopt(local, peer) or None
    except OSError:
        pass
    return None


def is_alive(pid: int) -> bool:
    """Tell whether a process still runs; a zombie does not. True where nobody tells."""
    if sys.platform == "linux" and (PROC / "self/stat").exists():
        fields = read_stat(PROC / str(pid) / "stat")
        return bool(fields) and fields[0] not in "ZX"
    if os.name == "posix":
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
        except OSError:
            return True
    return True


def listen(path: str) -> tuple[socket.socket, str, str]:
    """Open the socket: a Unix socket at `path`, or loopback TCP if `path` is empty.

    Returns:
        The socket, its address in the form that `pytest_parlab.instrument.meeting.attend` takes, and the token.
    """
    if path and hasattr(socket, "AF_UNIX"):
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listener.bind(path)
        listener.listen(BACKLOG)
        return listener, f"unix:{path}", "-"
    token = os.urandom(16).hex()
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.bind(("127.0.0.1", 0))
    listener.listen(BACKLOG)
    return listener, f"tcp:127.0.0.1:{listener.getsockname()[1]}:{token}", token
