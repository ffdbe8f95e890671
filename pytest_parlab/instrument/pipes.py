"""Hooks in pipes: a message comes from its ``send`` to its ``recv``, in either direction.

Objects carry a stamp. Bytes cannot, for the receiver may count on their length; so all messages of a direction are
counted, and a message that was taken as the n-th has at least n sent before it. With one sender and one receiver that
is exact; where several processes send on one end, only what is sure of each of them counts.

A pipe's ends are known by the inodes of their descriptors, which are the same in every process; which two belong
together is noted when the pipe is made. Where descriptors have no inodes, bytes order nothing.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Callable
from functools import wraps
from multiprocessing import connection
from typing import Any

from pytest_parlab.instrument import recorder
from pytest_parlab.instrument.building import part_of
from pytest_parlab.instrument.locks import OLDER
from pytest_parlab.instrument.patches import Patches
from pytest_parlab.instrument.stamps import Stamped
from pytest_parlab.trace.records import Kind

_UNKNOWN = (0, 0)


def install(patches: Patches) -> None:
    """Hook pipes and their ends."""
    base = connection._ConnectionBase
    patches.replace(connection, "Pipe", _pipe(connection.Pipe))
    patches.replace(base, "send", _send(base.send))
    own: dict[str, Any] = dict(vars(connection.Connection))
    patches.replace(connection.Connection, "_send_bytes", _send_bytes(own["_send_bytes"]))
    patches.replace(connection.Connection, "_recv_bytes", _recv_bytes(own["_recv_bytes"]))


def number_of_descriptor(descriptor: int) -> int:
    """What a pipe's descriptor is known by in every process; 0 where the system gives it nothing of the kind."""
    if os.name != "posix":  # a handle there, and no descriptor
        return 0
    try:
        facts = os.fstat(descriptor)
    except OSError:
        return 0
    return OLDER | zlib.crc32(f"pipe {facts.st_dev} {facts.st_ino}".encode()) if facts.st_ino else 0


def _peer_key(number: int) -> str:
    return f"peer-{number:x}"


def _pipe(original: Callable[..., tuple[Any, Any]]) -> Callable[..., tuple[Any, Any]]:
    @wraps(original)
    def Pipe(duplex: bool = True) -> tuple[Any, Any]:  # noqa: N802 - the name of the function
        ends = original(duplex)
        record = recorder.active
        if record is not None and not part_of(semaphore=False):
            first, second = (number_of_descriptor(end.fileno()) for end in ends)
            if first and second:
                record.counters.add(_peer_key(first), second)
                if first != second:  # both ends of a one-way pipe have the same inode
                    record.counters.add(_peer_key(second), first)
        return ends

    return Pipe


def _ends(end: Any, record: recorder.Recorder) -> tuple[int, int]:
    """The numbers of a connection's own end and of the other; zeros if it is no pipe of the user's."""
    session, ends = vars(end).get("_parlab_ends", (None, _UNKNOWN))
    if session != record.session:
        own = number_of_descriptor(end._handle)
        key = _peer_key(own)
        noted = own and any((directory / f"{key}.tally").exists() for directory in record.directories[:1])
        ends = (own, record.counters.total(key)) if noted else _UNKNOWN
        end._parlab_ends = (record.session, ends)
    return ends  # type: ignore[no-any-return]


def _send_bytes(original: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(original)
    def _send_bytes(self: Any, buf: Any) -> Any:
        record = recorder.active
        if record is not None:
            own, _ = _ends(self, record)
            if own:
                record.signal(own)
        return original(self, buf)

    return _send_bytes


def _recv_bytes(original: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(original)
    def _recv_bytes(self: Any, maxsize: int | None = None) -> Any:
        record = recorder.active
        other = 0 if record is None else _ends(self, record)[1]
        if record is None or not other:
            return original(self, maxsize)
        tally = f"received-{other:x}"
        earlier = record.counters.total(tally)
        data = original(self, maxsize)
        record.counters.add(tally)
        record.seen(other, at_least=earlier + 1)
        return data

    return _recv_bytes


def _send(original: Callable[[Any, Any], None]) -> Callable[[Any, Any], None]:
    @wraps(original)
    def send(self: Any, obj: Any) -> None:
        record = recorder.active
        if record is None or not record.sites.called_by_user():
            return original(self, obj)  # the library's own messages (pools, managers) have edges of their own
        stamp = record.new_stamp()
        record.write(Kind.SEND, 0, stamp, record.caller())
        return original(self, Stamped(obj, 0, stamp))

    return send
