"""The channel between judge and host: frames of plain data, nothing that could run code when it is read.

```
judge  --- request (dict) --->  host          bytes of a frame: see `encoding`, exact built-in types only
judge  <--- answer (dict) ----  host          the type of every value is checked on both sides, size and depth too
```
One connection object each, from `multiprocessing`; its own pickling is never used, only its frames of bytes.
"""

from __future__ import annotations

import os
import sys
from multiprocessing import connection
from typing import Any

from pytest_parlab.errors import NotPlainData
from pytest_parlab.sandbox.encoding import Malformed, decode, encode

SIZE_LIMIT = 64 * 1024 * 1024
"""Bytes of one frame."""
DEPTH_LIMIT = 100
"""Nesting of lists, tuples, sets and dicts in one value."""
ENVELOPE = 3
"""Levels that a request or an answer adds to the values in it."""
PLAIN = (type(None), bool, int, float, complex, str, bytes)
NESTED = (list, tuple, set, frozenset, dict)
_PLAIN_IDS = frozenset(map(id, PLAIN))  # a class can claim to equal any other, but not to be it
_NESTED_IDS = frozenset(map(id, NESTED))
ALLOWED = "None, bool, int, float, complex, str, bytes, list, tuple, set, frozenset and dict"


def check_plain(value: object, name: str = "the value", *, levels: int = DEPTH_LIMIT) -> None:
    """Make sure that a value is made of exact built-in types all through.

    Args:
        value: What is to cross the boundary.
        name: What to call it in the message.
        levels: How deep it may be nested.

    Raises:
        NotPlainData: It is not; the text names the place inside the value, its type and what is allowed.
    """
    waiting = [(value, name, 0)]
    while waiting:
        item, place, depth = waiting.pop()
        kind = type(item)
        if id(kind) in _PLAIN_IDS:
            continue
        if id(kind) not in _NESTED_IDS:
            raise NotPlainData(
                f"{place} is of type {_named(kind)}, and only plain data can cross between processes: {ALLOWED}."
            )
        if depth >= levels:
            raise NotPlainData(f"{name} is nested deeper than {levels} levels (or contains itself).")
        if isinstance(item, dict):
            waiting.extend((key, f"a key of {place}", depth + 1) for key in item)
            waiting.extend((inner, f"{place}[{_short(key)}]", depth + 1) for key, inner in item.items())
        elif isinstance(item, list | tuple):
            waiting.extend((inner, f"{place}[{index}]", depth + 1) for index, inner in enumerate(item))
        elif isinstance(item, set | frozenset):
            waiting.extend((inner, f"an element of {place}", depth + 1) for inner in item)


def _named(kind: type) -> str:
    """The name of a type, without the learner's own code being asked for it."""
    module, name = type.__dict__["__module__"].__get__(kind), type.__dict__["__qualname__"].__get__(kind)
    return str(name) if module == "builtins" else f"{module}.{name}"


def _short(key: object) -> str:
    text = repr(key) if id(type(key)) in _PLAIN_IDS else type(key).__name__
    return text if len(text) <= 40 else text[:37] + "..."  # noqa: PLR2004 - a glance's worth


def pack(value: object, name: str = "the value", *, checked: bool = False) -> bytes:
    """Turn plain data into the bytes of one frame.

    Args:
        value: What is to cross the boundary.
        name: What to call it in messages.
        checked: `check_plain` has seen it already.

    Raises:
        NotPlainData: It is not plain data, or larger than `SIZE_LIMIT`.
    """
    if not checked:
        check_plain(value, name)
    try:
        data = encode(value)
    except UnicodeEncodeError as error:
        raise NotPlainData(f"{name} cannot be sent: there is half a character in a text ({error})") from error
    if len(data) > SIZE_LIMIT:
        raise NotPlainData(
            f"{name} takes {len(data) / 2**20:.0f} MiB as data; at most {SIZE_LIMIT // 2**20} MiB can be sent. "
            "Make it smaller, or write it to a file."
        )
    return data


def unpack(data: bytes) -> Any:
    """Turn the bytes of a frame back into plain data.

    Raises:
        NotPlainData: The bytes are no such frame.
    """
    try:
        return decode(data, levels=DEPTH_LIMIT + ENVELOPE)
    except Malformed as error:
        raise NotPlainData(f"an answer could not be read: {error}") from error


def send(channel: Any, value: object, name: str = "the value") -> None:
    """Send plain data as one frame."""
    channel.send_bytes(pack(value, name))


def receive(channel: Any) -> Any:
    """Receive one frame of plain data.

    Raises:
        EOFError: The other side is gone.
        ConnectionError: The same, in the middle of something.
        NotPlainData: What came is no frame, or too large.
    """
    try:
        return unpack(channel.recv_bytes(SIZE_LIMIT + 1024))
    except ConnectionError:
        raise
    except OSError as error:
        raise NotPlainData(
            f"an answer larger than {SIZE_LIMIT // 2**20} MiB was sent, or cut short ({error})"
        ) from error


def lend(end: Any) -> tuple[str, dict[str, Any]]:
    """Prepare one end of a pipe for a process that is about to be started.

    Returns:
        The word by which `borrowed` finds it there, and the keyword arguments of `subprocess.Popen` that it needs.
    """
    number = end.fileno()
    if sys.platform == "win32":
        os.set_handle_inheritable(number, True)  # noqa: FBT003 - positional only
        return str(number), {"close_fds": False}
    return str(number), {"pass_fds": (number,)}


def borrowed(word: str) -> Any:
    """Open the end of a pipe that the parent lent to this process."""
    if sys.platform == "win32":
        return connection.PipeConnection(int(word))
    os.set_inheritable(int(word), False)  # noqa: FBT003 - positional only; what this process starts must not have it
    return connection.Connection(int(word))
