"""The meeting place: a small helper process that lets tasks wait until enough different processes wait at once.

Runs in a process of its own, so that the process that starts the code under test has no extra thread when it forks::

    judge --"root PID" / "close"--> place          one line each; the end of input means that the judge has gone
    judge <--address, then report-- place
                                      ^--connect-- task in process 11   each blocks until all are released together
                                      ^--connect-- task in process 12

The kernel vouches for the process id of a peer where it can (SO_PEERCRED, LOCAL_PEERPID); else the peer says it.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import socket
import sys
import threading
import time
from pathlib import Path

from pytest_parlab.machine.peers import is_alive, listen, peer_pid
from pytest_parlab.machine.quiet import Quiet, look_at_tree, look_at_tree_portable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

PER_PROCESS = 64
IN_ALL = 400
"""Connections that may wait, of one process and together; more are let through, so that none can exhaust us."""

HELLO_BYTES = 256
"""A peer's greeting is far shorter; one that sends more is sent away."""

LOOK_S = 0.05
"""Pause between two looks at the tree while somebody waits."""

IDLE_S = 1.0
"""The same while nobody waits; whatever happens ends the pause."""


class Client:
    """One connection that waits."""

    def __init__(self, connection: socket.socket, pid: int | None) -> None:
        self.connection = connection
        self.pid = pid
        self.heard = b""


class Place:
    """Accepts tasks, keeps them waiting, releases them together.

    Args:
        listener: The socket to accept on, listening already.
        parties: How many different processes must wait at once.
        end: When to give up, on the monotonic clock in seconds.
        token: What a peer must say first where the kernel does not vouch for it.
        quiet: Tells when nobody new can come.
        vouch: Tells the process id of a peer; None where only the peer knows.
    """

    def __init__(
        self,
        listener: socket.socket,
        *,
        parties: int,
        end: float,
        token: str,
        quiet: Quiet,
        vouch: Callable[[socket.socket], int | None],
    ) -> None:
        self._listener, self._parties, self._end, self._token = listener, parties, end, token
        self._quiet, self._vouch = quiet, vouch
        self._selector = selectors.DefaultSelector()
        listener.settimeout(0)
        self._selector.register(listener, selectors.EVENT_READ, self._accept)
        self._clients: dict[socket.socket, Client] = {}
        self._largest: list[int] = []
        self._distinct: set[int] = set()
        self._arrivals = 0
        self._threads_of: int | None = None
        self._outcome = ""
        self.closed = False

    def wake_by(self, connection: socket.socket, action: Callable[[], None]) -> None:
        """Run an action whenever a connection has something to read."""
        self._selector.register(connection, selectors.EVENT_READ, action)

    def step(self) -> None:
        """Wait for the next thing to happen, for a short while, and deal with it."""
        pause = LOOK_S if self._clients else IDLE_S
        if not self._outcome:
            pause = min(pause, max(0.0, self._end - time.monotonic()))
        for key, _ in self._selector.select(pause):
            key.data()
        if self._outcome or self.closed:
            return
        now = time.monotonic()
        if now >= self._end:
            self._finish("deadline")
        elif not self._waiting_pids():
            self._quiet.restart()
        elif self._quiet.reached(now):
            self._finish("quiet")

    def report(self) -> dict[str, object]:
        """What happened: plain data for the judge."""
        return {
            "outcome": self._outcome or "open",
            "pids": self._largest,
            "arrivals": self._arrivals,
            "distinct": len(self._distinct),
            "threads_of": self._threads_of,
        }

    def close(self) -> None:
        """Let everybody go and stop accepting."""
        for client in list(self._clients.values()):
            self._release(client)
        self._selector.close()
        self._listener.close()

    def _accept(self) -> None:
        try:
            connection, _ = self._listener.accept()
        except OSError:  # the peer has gone again, or too many files are open
            return
        connection.settimeout(0)
        client = Client(connection, self._vouch(connection))
        self._clients[connection] = client
        self._selector.register(connection, selectors.EVENT_READ, lambda: self._hear(client))
        if len(self._clients) > IN_ALL:
            self._release(client)
        elif client.pid is not None:
            self._arrive(client, client.pid)

    def _hear(self, client: Client) -> None:
        try:
            said = client.connection.recv(HELLO_BYTES)
        except OSError:
            said = b""
        client.heard += said
        if not said or len(client.heard) > HELLO_BYTES:
            self._forget(client)
        elif client.pid is None and b"\n" in client.heard:
            token, _, number = client.heard.partition(b"\n")[0].decode("ascii", "replace").partition(" ")
            if token == self._token and number.isdigit():
                client.pid = int(number)
                self._arrive(client, client.pid)
            else:
                self._forget(client)

    def _arrive(self, client: Client, pid: int) -> None:
        self._arrivals += 1
        self._distinct.add(pid)
        self._quiet.restart()
        siblings = sum(other.pid == pid for other in self._clients.values())
        if self._outcome or siblings > PER_PROCESS:
            self._release(client)
            return
        if siblings > 1:
            self._threads_of = pid
        present = self._waiting_pids()
        if len(present) > len(self._largest):
            self._largest = present
        if len(present) >= self._parties:
            self._finish("met")

    def _waiting_pids(self) -> list[int]:
        """The different living processes that wait, in order of arrival; connections of dead ones are dropped."""
        for client in [client for client in self._clients.values() if client.pid and not is_alive(client.pid)]:
            self._forget(client)  # a child of the dead process may still hold its connection open
        return list(dict.fromkeys(client.pid for client in self._clients.values() if client.pid))

    def _finish(self, outcome: str) -> None:
        self._outcome = outcome
        for client in list(self._clients.values()):
            self._release(client)

    def _release(self, client: Client) -> None:
        with contextlib.suppress(OSError):
            client.connection.send(b".")
        self._forget(client)

    def _forget(self, client: Client) -> None:
        if self._clients.pop(client.connection, None) is not None:
            self._selector.unregister(client.connection)
            client.connection.close()


def main(*arguments: str) -> None:
    """Run the meeting place until the judge closes it or goes away; the arguments come from the command line.

    Args:
        arguments: Path of the socket (empty: TCP), parties, deadline and quiet time in seconds, process id of
            the judge, and whether to look at the tree in the portable way (empty: no).
    """
    path, parties, deadline_s, quiet_s, judge, portable = arguments
    watched = {"pid": int(judge), "include": False}
    look = look_at_tree_portable if portable else look_at_tree

    def order(words: list[str]) -> None:
        if words[:1] == ["root"]:
            watched.update(pid=int(words[1]), include=True)
        elif words[:1] == ["close"]:
            place.closed = True

    listener, address, token = listen(path)
    place = Place(
        listener,
        parties=int(parties),
        end=time.monotonic() + float(deadline_s),
        token=token,
        quiet=Quiet(
            lambda: look(watched["pid"], include=bool(watched["include"]), without=[os.getpid()]), float(quiet_s)
        ),
        vouch=peer_pid,
    )
    _follow_orders(place, order)
    os.write(1, address.encode() + b"\n")
    while not place.closed:
        place.step()
    place.close()
    _tell(place.report())
    if path:
        with contextlib.suppress(OSError):  # the judge does it too, unless it was killed
            Path(path).unlink()
            Path(path).parent.rmdir()
    os._exit(0)  # the thread that reads the orders may be blocked for ever


def _follow_orders(place: Place, order: Callable[[list[str]], None]) -> None:
    """Read the judge's orders in a thread (not every system can select a pipe) and obey them in the main one."""
    ours, theirs = socket.socketpair()

    def obey() -> None:
        for line in ours.recv(4096).decode().splitlines():
            order(line.split())

    place.wake_by(ours, obey)

    def read() -> None:
        while line := sys.stdin.buffer.raw.readline():  # type: ignore[union-attr]  # a real file, never replaced here
            theirs.send(line)
        theirs.send(b"close\n")

    threading.Thread(target=read, daemon=True).start()


def _tell(report: dict[str, object]) -> None:
    import json  # noqa: PLC0415 -- not needed before the end

    with contextlib.suppress(OSError):  # the judge may have gone
        os.write(1, json.dumps(report).encode() + b"\n")
