"""`connection.wait` under control: for what comes first of several things."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import wraps
from multiprocessing import connection
from typing import Any

from pytest_parlab.explore.control import controller
from pytest_parlab.explore.control import layout as rows
from pytest_parlab.explore.control.channels import Channel, is_readable
from pytest_parlab.explore.control.controller import Controller
from pytest_parlab.explore.control.layout import Life, Needs
from pytest_parlab.explore.control.pipes import channels_of, look
from pytest_parlab.explore.control.processes import number_of
from pytest_parlab.explore.control.story import name_of
from pytest_parlab.explore.operations import EVERYTHING, Kind, resource_of
from pytest_parlab.explore.run import LIFE
from pytest_parlab.instrument.patches import Patches


def install(patches: Patches) -> None:
    """Replace what waits for ends of processes, and for ends of pipes."""
    patches.replace(connection, "wait", _wait(connection.wait))


def _wait(original: Callable[..., list[Any]]) -> Callable[..., list[Any]]:
    @wraps(original)
    def wait(object_list: Any, timeout: float | None = None) -> list[Any]:
        control = controller.active
        if control is None or not control.places.called_by_user(sys._getframe(1)):
            return original(object_list, timeout)
        waited = list(object_list)
        known = _Known(control)
        if not waited or not all(known.knows(one) for one in waited):
            return original(waited, timeout)
        known.wait(waited, timeout)
        return [one for one in waited if known.is_ready(one)]

    return wait


class _Known:
    """What this process can wait for under control."""

    def __init__(self, control: Controller) -> None:
        self._control = control
        self._children = {
            child.sentinel: child for child in control.children if getattr(child, "_popen", None) is not None
        }

    def knows(self, one: Any) -> bool:
        return one in self._children if isinstance(one, int) else self._channel(one) > 0

    def _channel(self, end: Any) -> int:
        channels = channels_of(end, self._control) if hasattr(end, "__dict__") else None
        return channels[0] if channels else 0

    def _process(self, sentinel: int) -> int:
        return number_of(self._children[sentinel]) or 0

    def is_ready(self, one: Any) -> bool:
        board = self._control.board
        if isinstance(one, int):
            return bool(board.row(self._process(one))[rows.STATE] == Life.ENDED)
        return is_readable(board.memory, self._channel(one))

    def wait(self, waited: list[Any], timeout: float | None) -> None:
        control = self._control
        processes = [one for one in waited if isinstance(one, int)]
        channels = [self._channel(one) for one in waited if not isinstance(one, int)]
        if len(waited) == 1 and channels:
            look(control, Channel(control, channels[0]), waited[0], timeout)
            return
        names = [name_of(one) for one in waited if not isinstance(one, int)]
        names += [f"the end of {self._children[one].name}" for one in processes]
        thing = " or ".join(dict.fromkeys(names))
        resource = resource_of(LIFE + self._process(processes[0])) if len(waited) == 1 else EVERYTHING
        if timeout is not None and timeout <= 0:
            control.point(Kind.LOOK, resource, thing, changes=False)
        else:
            if len(channels) > rows.WATCHED_LIMIT:
                control.unmodelled(f"it waits for more than {rows.WATCHED_LIMIT} pipes at once")
            at = rows.WATCHED_ROWS + control.process * rows.WATCHED_LIMIT
            for index, channel in enumerate(channels, at):
                control.board.memory[index] = channel
            control.point(
                Kind.RECEIVE, resource, thing, changes=False, looks=False, needs=Needs.ANY,
                first=sum(1 << self._process(one) for one in set(processes)), second=len(channels), timeout_s=timeout,
            )  # fmt: skip
        ready = sum(self.is_ready(one) for one in waited)
        control.tell(f"finds {ready} ready of", thing)
