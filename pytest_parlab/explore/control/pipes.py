"""Pipes under control: what is sent lies beside the board, and each call is one operation on one direction."""

from __future__ import annotations

import errno
import io
import os
import sys
from collections.abc import Callable
from functools import partial, wraps
from multiprocessing import connection, context
from multiprocessing.reduction import ForkingPickler
from types import FrameType
from typing import Any

from pytest_parlab.explore.control import controller
from pytest_parlab.explore.control.channels import ALL, Channel, is_readable, is_torn, new_channel, size_of
from pytest_parlab.explore.control.controller import Controller
from pytest_parlab.explore.control.ends import End
from pytest_parlab.explore.control.layout import MESSAGES, READERS, WRITERS, Needs
from pytest_parlab.explore.operations import Kind
from pytest_parlab.instrument.patches import Patches

_BASE: Any = vars(connection)["_ConnectionBase"]


def install(patches: Patches) -> None:
    """Replace how pipes are made, sent and received through, and closed."""
    patches.replace(connection, "Pipe", _pipe(connection.Pipe))
    for name in ("send", "recv", "recv_bytes"):
        patches.replace(_BASE, name, _told(getattr(_BASE, name), name))
    patches.replace(_BASE, "__del__", _dropped(_BASE.__del__))
    for kind in (connection.Connection, vars(connection).get("PipeConnection")):
        if kind is not None:
            own: dict[str, Any] = dict(vars(kind))
            patches.replace(kind, "_send_bytes", _controlled(own["_send_bytes"], _send, "sends through"))
            patches.replace(kind, "_recv_bytes", _controlled(own["_recv_bytes"], _receive, "receives from"))
            patches.replace(kind, "_poll", _controlled(own["_poll"], _poll, "looks at"))
            patches.replace(kind, "_close", _close(own["_close"]))
            reducers = vars(ForkingPickler)["_extra_reducers"]
            patches.afterwards(partial(reducers.__setitem__, kind, reducers[kind]))
            reducers[kind] = _reduced(reducers[kind])


def _pipe(original: Callable[..., tuple[Any, Any]]) -> Callable[..., tuple[Any, Any]]:
    @wraps(original)
    def Pipe(duplex: bool = True) -> tuple[Any, Any]:  # noqa: N802 - the name of the function
        ends = original(duplex)
        control = controller.active
        if control is not None:
            made, there, back = control.made_at(), new_channel(control), new_channel(control) if duplex else 0
            for end, reads, writes in zip(ends, (there, back), (back, there), strict=True):
                _mark(end, control, (reads, writes), made)
                for one in _ends(reads, writes):
                    control.ends.opened(control, one, end)
        return ends

    return Pipe


def _reduced(original: Callable[[Any], tuple[Any, ...]]) -> Callable[[Any], tuple[Any, ...]]:
    @wraps(original)
    def reduce(end: Any) -> tuple[Any, ...]:
        control = controller.active
        channels = None if control is None else channels_of(end, control)
        if control is None or channels is None:
            return original(end)
        if context.get_spawning_popen() is None:
            control.unmodelled("it sends an end of a pipe to another process")
        child = control.board.holder  # it gets what is pickled now
        for slot, role in _ends(*channels):
            control.board.slot(slot)[role] |= 1 << child
        return _rebuilt, (original(end), channels, vars(end).get("_parlab_made", ""))

    return reduce


def _rebuilt(reduced: tuple[Any, ...], channels: tuple[int, int], made: str) -> Any:
    end: Any = reduced[0](*reduced[1])
    if controller.active is not None:
        _mark(end, controller.active, channels, made)
    return end


def _mark(end: Any, control: Controller, channels: tuple[int, int], made: str) -> None:
    """Let an end of a pipe know which it is."""
    end._parlab_kind, end._parlab_made, end._parlab_turn = "Pipe", made, control.ends.turn
    end._parlab_channels = (control.session, *channels)
    end._parlab_slot = (control.session, max(channels))


def _ends(reads: int, writes: int) -> tuple[End, ...]:
    return tuple((slot, role) for slot, role in ((reads, READERS), (writes, WRITERS)) if slot)


def channels_of(end: Any, control: Controller) -> tuple[int, int] | None:
    """The slots of what a connection receives from and sends to; None if it is not from a ``Pipe()`` of this call."""
    known: tuple[str, int, int] | None = vars(end).get("_parlab_channels")
    return known[1:] if known is not None and known[0] == control.session else None


def keep_open(control: Controller, end: Any) -> int:
    """Let a connection be a part of something else, which closes it for nobody; gives the slot of its channel."""
    reads, writes = end._parlab_channels[1:]
    for slot, role in _ends(reads, writes):
        control.ends.forget((slot, role))
        control.board.slot(slot)[role] = ALL
    return int(reads or writes)


def _controlled(original: Callable[..., Any], replacement: Callable[..., Any], what: str) -> Callable[..., Any]:
    @wraps(original)
    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        control = controller.active
        if control is None:
            return original(self, *args, **kwargs)
        channels = channels_of(self, control)
        if channels is None:
            if _called_by_user(control):
                control.unmodelled(f"it {what} a connection that is not from a Pipe() that it has made itself")
            return original(self, *args, **kwargs)
        return replacement(control, self, channels, *args, **kwargs)

    return method


def _called_by_user(control: Controller) -> bool:
    """Tell whether a method of a connection was called from the user's code."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and (
        frame.f_globals.get("__package__") == __package__ or frame.f_globals is vars(connection)
    ):
        frame = frame.f_back
    return frame is not None and not control.places.is_library(frame.f_code.co_filename)


def _send(control: Controller, end: Any, channels: tuple[int, int], buf: Any) -> None:
    channel = Channel(control, channels[1])
    put(control, channel, end, buf)
    control.tell("sends", end, vars(end).pop("_parlab_value", f"{len(buf)} bytes"))


def put(control: Controller, channel: Channel, thing: object, data: bytes | memoryview) -> None:
    """Send a message through a channel, in two steps if it does not fit.

    Raises:
        BrokenPipeError: Nobody receives any more.
    """
    size = size_of(data)

    def sending() -> tuple[int, bool]:
        return channel.sending(size), True

    control.point(
        Kind.SEND, channel.sending(size), thing, needs=Needs.ROOM, first=channel.slot, second=size, as_it_is=sending
    )
    if channel.words[READERS] and not channel.add(size, control.process, data):
        control.tell("sends the beginning of a long message through", thing)
        control.point(Kind.SEND, channel.either(), thing, needs=Needs.ROOM, first=channel.slot, second=0)
    if not channel.words[READERS]:
        control.tell("finds closed", thing)
        raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))


def _receive(
    control: Controller, end: Any, channels: tuple[int, int], maxsize: int | None = None
) -> io.BytesIO | None:
    data = take(control, Channel(control, channels[0]), end)
    if maxsize is not None and len(data) > maxsize:
        return None
    buffer = io.BytesIO()
    buffer.write(data)
    return buffer


def take(control: Controller, channel: Channel, thing: object) -> bytes:
    """Receive a message from a channel.

    Raises:
        EOFError: Nobody sends any more.
        OSError: Somebody who sent one has ended in the middle of it, and nobody else sends.
    """

    def receiving() -> tuple[int, bool]:
        return channel.receiving(), True

    control.point(
        Kind.RECEIVE, channel.receiving(), thing, needs=Needs.READABLE, first=channel.slot, as_it_is=receiving
    )
    if not channel.words[MESSAGES]:
        control.tell("finds closed", thing)
        raise EOFError
    if is_torn(control.board.memory, channel.slot):
        control.tell("finds closed", thing)
        raise OSError("got end of file during message")
    return channel.take()


def _poll(control: Controller, end: Any, channels: tuple[int, int], timeout: float | None) -> bool:
    return look(control, Channel(control, channels[0]), end, timeout)


def look(control: Controller, channel: Channel, thing: object, timeout: float | None) -> bool:
    """Look whether there is something to receive, and wait so long for it (``None``: for ever)."""
    if timeout is not None and timeout <= 0:
        control.point(Kind.LOOK, channel.either(), thing, changes=False)
    else:

        def receiving() -> tuple[int, bool]:
            return channel.receiving(), False

        control.point(
            Kind.RECEIVE, channel.receiving(), thing, changes=False, looks=False, needs=Needs.READABLE,
            first=channel.slot, second=1, timeout_s=timeout, as_it_is=receiving,
        )  # fmt: skip
    found = is_readable(control.board.memory, channel.slot)
    control.tell("finds something in" if found else "finds nothing in", thing)
    return found


def _told(original: Callable[..., Any], name: str) -> Callable[..., Any]:
    @wraps(original)
    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        control = controller.active
        if control is None or control.story is None or channels_of(self, control) is None:
            return original(self, *args, **kwargs)
        if name == "send":
            self._parlab_value = args[0] if args else kwargs.get("obj")
            return original(self, *args, **kwargs)
        result = original(self, *args, **kwargs)
        control.tell("receives", self, result)
        return result

    return method


def _close(original: Callable[..., None]) -> Callable[..., None]:
    @wraps(original)
    def _close(self: Any, *args: Any) -> None:
        original(self, *args)
        control = controller.active
        if control is not None:
            channels = channels_of(self, control)
            if channels is not None:
                control.ends.close(control, _ends(*channels))

    return _close


def _dropped(original: Callable[[Any], None]) -> Callable[[Any], None]:
    @wraps(original)
    def __del__(self: Any) -> None:
        control = controller.active
        if control is not None and self._handle is not None:
            channels = channels_of(self, control)
            if channels is not None:  # at any place: what it closes is closed before the next operation
                turn = vars(self).get("_parlab_turn", -1)
                control.errands.add(partial(control.ends.drop, control, _ends(*channels), turn))
                vars(self).pop("_parlab_channels")
        original(self)

    return __del__
