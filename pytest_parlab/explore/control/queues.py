"""Queues under control: what is put is there for others only after a feeder has sent it; see `feeders`."""

from __future__ import annotations

import os
import queue as queues
import traceback
from collections.abc import Callable
from functools import partial, wraps
from multiprocessing import queues as mp_queues
from multiprocessing import synchronize
from multiprocessing.reduction import ForkingPickler
from typing import Any

from pytest_parlab.explore.control import controller, pipes
from pytest_parlab.explore.control import layout as rows
from pytest_parlab.explore.control.channels import ALL, Channel, is_readable
from pytest_parlab.explore.control.controller import Controller
from pytest_parlab.explore.control.feeders import drain, feed, feeder_for
from pytest_parlab.explore.control.layout import READERS, WRITERS, Needs
from pytest_parlab.explore.control.locks import slot_of
from pytest_parlab.explore.operations import CHANNELS, DONE, ROOM, Kind, channel_of, resource_of
from pytest_parlab.instrument.patches import Patches

_UNBOUNDED: int = vars(synchronize)["SEM_VALUE_MAX"]


def install(patches: Patches) -> None:
    """Replace what queues do."""
    queue, joinable, simple = mp_queues.Queue, mp_queues.JoinableQueue, mp_queues.SimpleQueue
    patches.replace(queue, "__init__", _made(queue.__init__))
    patches.replace(simple, "__init__", _made(simple.__init__))
    table: tuple[tuple[Any, dict[str, Callable[..., Any]]], ...] = (
        (simple, {"put": _put_through, "get": _get_through, "empty": _empty}),
        (queue, {"put": _put, "get": _get, "empty": _empty, "full": _full, "qsize": _qsize}),
        (queue, {"join_thread": _join_thread, "cancel_join_thread": _cancel, "close": _closed}),
        (joinable, {"put": _put, "task_done": _task_done, "join": _join}),
    )
    for owner, replacements in table:
        for name, replacement in replacements.items():
            patches.replace(owner, name, _controlled(getattr(owner, name), replacement))


def _made(original: Callable[..., None]) -> Callable[..., None]:
    @wraps(original)
    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        original(self, *args, **kwargs)
        control = controller.active
        if control is not None:
            self._parlab_made = control.made_at()
            for end in (self._reader, self._writer):
                self._parlab_slot = (control.session, pipes.keep_open(control, end))

    return __init__


def _controlled(original: Callable[..., Any], replacement: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(original)
    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        control = controller.active
        return original(self, *args, **kwargs) if control is None else replacement(control, self, *args, **kwargs)

    return method


def channel_behind(control: Controller, queue: Any) -> Channel:
    """The channel of a queue, be it older than the schedule."""
    channels = pipes.channels_of(queue._reader, control)
    if channels is None:
        facts = os.fstat(queue._reader.fileno())
        slot = control.slot_named(f"pipe {facts.st_dev} {facts.st_ino}")
        words = control.board.slot(slot)
        words[WRITERS] = words[READERS] = ALL
        for end in (queue._reader, queue._writer):
            end._parlab_channels = (control.session, slot, slot)
        channels = (slot, slot)
    if "_parlab_slot" not in vars(queue):  # it is older, or has come to a spawned process
        queue._parlab_slot = queue._reader._parlab_channels[:2]
        queue._parlab_made = vars(queue._reader).get("_parlab_made", "")
    return Channel(control, channels[0])


def _put_through(control: Controller, queue: Any, obj: Any) -> None:
    data = ForkingPickler.dumps(obj)
    queue._writer._check_closed()
    pipes.put(control, channel_behind(control, queue), queue, data)
    control.tell("puts", queue, obj)


def _get_through(control: Controller, queue: Any) -> Any:
    queue._reader._check_closed()
    data = pipes.take(control, channel_behind(control, queue), queue)
    return _taken(control, queue, data)


def _taken(control: Controller, queue: Any, data: bytes) -> Any:
    obj = ForkingPickler.loads(data)
    control.tell("gets", queue, obj)
    return obj


def _empty(control: Controller, queue: Any) -> bool:
    queue._reader._check_closed()
    return not pipes.look(control, channel_behind(control, queue), queue, 0)


def _room(control: Controller, queue: Any) -> tuple[memoryview, int]:
    """The words of the semaphore that keeps what puts from what is full, and its part of the resource if it can."""
    words = control.board.slot(slot_of(queue._sem, control))
    return words, 0 if queue._maxsize == _UNBOUNDED else ROOM


def _open(queue: Any) -> None:
    if queue._closed:
        raise ValueError(f"Queue {queue!r} is closed")


def _put(control: Controller, queue: Any, obj: Any, block: bool = True, timeout: float | None = None) -> None:
    _open(queue)
    channel, semaphore = channel_behind(control, queue), slot_of(queue._sem, control)
    words, room = _room(control, queue)
    tasks = control.board.slot(slot_of(queue._unfinished_tasks, control)) if _is_joinable(queue) else None
    feeder = feeder_for(control, channel.slot, queue)
    parts = room | (DONE if tasks is not None else 0)
    resource = channel_of(channel.slot, parts, feeder=feeder.number, item=feeder.given)
    if room and (not block or (timeout is not None and timeout <= 0)):
        control.point(Kind.PUT, resource, queue, looks=True, as_it_is=lambda: (resource, words[rows.VALUE] > 0))
        possible = words[rows.VALUE] > 0
        if possible:
            control.board.changed()
    else:
        needs = Needs.VALUE if room else Needs.NOTHING
        possible = control.point(Kind.PUT, resource, queue, needs=needs, first=semaphore, timeout_s=timeout)
    if not possible:
        control.tell("finds full", queue)
        raise queues.Full
    if tasks is not None:
        tasks[rows.VALUE] += 1
    control.tell("puts", queue, obj)
    try:
        data = ForkingPickler.dumps(obj)
    except Exception:  # noqa: BLE001 - a feeder leaves out what it cannot send, whatever is wrong with it
        traceback.print_exc()
        return
    words[rows.VALUE] -= 1
    feeder.abandoned = queue._joincancelled
    feed(control, feeder, data, obj)


def _is_joinable(queue: Any) -> bool:
    return isinstance(queue, mp_queues.JoinableQueue)


def _get(control: Controller, queue: Any, block: bool = True, timeout: float | None = None) -> Any:
    _open(queue)
    channel = channel_behind(control, queue)
    words, room = _room(control, queue)
    if not block or (timeout is not None and timeout <= 0):

        def looking() -> tuple[int, bool]:
            return channel.either(room), is_readable(control.board.memory, channel.slot)

        control.point(Kind.GET, channel.either(room), queue, looks=True, as_it_is=looking)
        possible = is_readable(control.board.memory, channel.slot)
        if possible:
            control.board.changed()
    else:

        def receiving() -> tuple[int, bool]:
            return channel.receiving(room), True

        possible = control.point(
            Kind.GET, channel.receiving(room), queue, needs=Needs.READABLE, first=channel.slot,
            timeout_s=timeout, as_it_is=receiving,
        )  # fmt: skip
    if not possible:
        control.tell("finds empty", queue)
        raise queues.Empty
    data = channel.take()
    words[rows.VALUE] += 1
    return _taken(control, queue, data)


def _full(control: Controller, queue: Any) -> bool:
    words, room = _room(control, queue)
    if not room:
        return False
    control.point(Kind.LOOK, channel_of(channel_behind(control, queue).slot, room), queue, changes=False)
    full = not words[rows.VALUE]
    control.tell("finds full" if full else "finds room in", queue)
    return full


def _qsize(control: Controller, queue: Any) -> int:
    words, room = _room(control, queue)
    slot = channel_behind(control, queue).slot
    control.point(Kind.LOOK, channel_of(slot, room) if room else resource_of(CHANNELS + slot), queue, changes=False)
    size = int(queue._maxsize - words[rows.VALUE])
    control.tell(f"counts {size} items in", queue)
    return size


def _join_thread(control: Controller, queue: Any) -> None:
    assert queue._closed, f"Queue {queue!r} not closed"  # noqa: S101 - as the queue itself does
    feeder = control.feeders.get(channel_behind(control, queue).slot)
    if feeder is not None and feeder.given and not feeder.abandoned:
        drain(control, feeder)


def _cancel(control: Controller, queue: Any) -> None:
    _mark(control, queue, "_joincancelled")
    feeder = control.feeders.get(channel_behind(control, queue).slot)
    if feeder is not None:
        feeder.abandoned = True


def _closed(control: Controller, queue: Any) -> None:
    _mark(control, queue, "_closed")


def _mark(control: Controller, queue: Any, name: str) -> None:
    """Let a queue remember something until the end of the schedule."""
    if control.repeater is not None and not vars(queue)[name]:
        control.repeater.put_back.append(partial(setattr, queue, name, False))
    setattr(queue, name, True)


def _tasks(control: Controller, queue: Any) -> tuple[int, memoryview, int, memoryview]:
    """What is not done yet, and how often all was: the resource, the words, the slot of the latter, its words."""
    done = slot_of(queue._cond._wait_semaphore, control)
    resource = channel_of(channel_behind(control, queue).slot, DONE)
    board = control.board
    return resource, board.slot(slot_of(queue._unfinished_tasks, control)), done, board.slot(done)


def _task_done(control: Controller, queue: Any) -> None:
    resource, tasks, _, done = _tasks(control, queue)
    control.point(Kind.NOTIFY, resource, queue)
    if not tasks[rows.VALUE]:
        raise ValueError("task_done() called too many times")
    tasks[rows.VALUE] -= 1
    done[rows.VALUE] += not tasks[rows.VALUE]
    control.tell("says that a task is done of", queue, f"({tasks[rows.VALUE]} left)")


def _join(control: Controller, queue: Any) -> None:
    resource, tasks, slot, done = _tasks(control, queue)
    control.point(Kind.TASKS, resource, queue, changes=False, looks=False)
    if tasks[rows.VALUE]:
        control.tell("waits for all tasks of", queue)
        control.point(
            Kind.TASKS, resource, queue, changes=False, looks=False, needs=Needs.OTHER_VALUE, first=slot,
            second=done[rows.VALUE],
        )  # fmt: skip
    control.tell("finds all tasks done of", queue)
