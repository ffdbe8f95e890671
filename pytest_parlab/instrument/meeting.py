"""The task's side of a meeting: wait until enough different processes wait at once.

The judge's side is `pytest_parlab.machine.meeting`; its address comes in the environment variable PARLAB_MEETING.
"""

from __future__ import annotations

import contextlib
import os

_released: set[str] = set()
"""Addresses that have let this process (or the one that it was forked from) go: a meeting releases only once."""


def attend(address: str) -> None:
    """Wait at a meeting until it releases everybody; return at once if it already did, or if nobody listens.

    Never raises an error of the connection: a task must run the same with and without a meeting.

    Args:
        address: ``unix:PATH`` or ``tcp:HOST:PORT:TOKEN``, as the judge gave it.
    """
    if not address or address in _released:
        return
    # nobody listens, the address is not one, or this system has no such sockets
    with contextlib.suppress(OSError, ValueError, AttributeError):
        _wait(address)
    _released.add(address)


def _wait(address: str) -> None:
    import socket  # noqa: PLC0415 -- every child imports this module, few attend

    kind, _, rest = address.partition(":")
    if kind == "unix":
        connection, target, token = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM), rest, "-"
    else:
        host, port, token = rest.split(":")
        connection, target = socket.create_connection((host, int(port))), ""
    with connection:
        if target:
            connection.connect(target)
        connection.sendall(f"{token} {os.getpid()}\n".encode())
        connection.recv(1)
