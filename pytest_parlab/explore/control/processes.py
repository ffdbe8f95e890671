"""Processes under control: started one after the other, each up to its first operation, and ended in the open."""

from __future__ import annotations

import multiprocessing
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial, wraps
from multiprocessing import popen_fork, util
from multiprocessing import process as mp_process
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from typing import Any

from pytest_parlab.explore.control import controller
from pytest_parlab.explore.control import layout as rows
from pytest_parlab.explore.control.controller import Controller
from pytest_parlab.explore.control.feeders import drain_all
from pytest_parlab.explore.control.layout import Life, Needs, State
from pytest_parlab.explore.control.repeating import Abandoned, Repeater, StandIn, recipe_of
from pytest_parlab.explore.operations import Kind, resource_of
from pytest_parlab.explore.run import LIFE
from pytest_parlab.instrument.patches import Patches
from pytest_parlab.instrument.processes import method_of, role_of


def install(patches: Patches) -> None:
    """Replace how processes are started, watched and ended."""
    own: dict[str, Any] = dict(vars(BaseProcess))
    patches.replace(BaseProcess, "start", _start(own["start"]))
    patches.replace(BaseProcess, "_bootstrap", _bootstrap(own["_bootstrap"]))
    patches.replace(BaseProcess, "join", _join(own["join"]))
    patches.replace(BaseProcess, "is_alive", _is_alive(own["is_alive"]))
    patches.replace(BaseProcess, "exitcode", property(_exitcode(own["exitcode"].fget), doc=own["exitcode"].__doc__))
    active_children = _active_children(mp_process.active_children)
    patches.replace(multiprocessing, "active_children", active_children)
    patches.replace(BaseContext, "active_children", staticmethod(active_children))
    patches.replace(popen_fork.Popen, "_send_signal", _send_signal(vars(popen_fork.Popen)["_send_signal"]))


def number_of(process: BaseProcess) -> int | None:
    """The number of a process under control."""
    number: int | None = vars(process).get("_parlab_process")
    return number


def _start(original: Callable[[BaseProcess], None]) -> Callable[[BaseProcess], None]:
    @wraps(original)
    def start(self: BaseProcess) -> None:
        control = controller.active
        if control is None or role_of(self) == "helper":
            return original(self)
        if vars(self).get("_popen") is not None or getattr(mp_process.current_process(), "daemon", False):
            return original(self)  # which refuses
        if method_of(self) != "fork" and not control.tokens.named:
            control.over(State.NAMELESS)
        control.errands.run()  # the child must not inherit what is no more
        number = control.birth(self)
        if method_of(self) == "fork":
            control.ends.bequeath(control.board, number)
        if control.repeater is None:
            original(self)
            self._popen._parlab_number = number  # type: ignore[attr-defined]
        else:
            _start_repeating(original, self, control, control.repeater)
        control.await_token()  # which comes when the child is at its first operation, or over
        return None

    return start


def _start_repeating(
    original: Callable[[BaseProcess], None], process: Any, control: Controller, repeater: Repeater
) -> None:
    """Start a process that plays its part in later schedules again, or let it do so."""
    number = process._parlab_process
    if control.ends:
        repeater.forget(number)  # it has closed its own, and needs others
    stand_in = repeater.worker(number, process)
    if stand_in is None:
        recipe = recipe_of(process)
        original(process)
        process._popen._parlab_number = number
        stand_in = StandIn(process._popen, control, number)
        repeater.workers[number] = stand_in, recipe
    else:
        mp_process._children.add(process)  # type: ignore[attr-defined]
        del process._target, process._args, process._kwargs
        stand_in.again()
        control.tokens.give(number)
    process._popen, process._sentinel = stand_in, stand_in.sentinel


def _bootstrap(original: Callable[..., int]) -> Callable[..., int]:
    @wraps(original)
    def _bootstrap(self: BaseProcess, *args: Any, **kwargs: Any) -> int:
        control = controller.active
        number = number_of(self)
        if control is None:
            return original(self, *args, **kwargs)
        if number is None:  # a helper of the library's
            controller.active = None
            return original(self, *args, **kwargs)
        control.born(number)
        if control.repeater is not None:
            self.run = partial(_play, self, self.run, control, control.repeater)  # type: ignore[method-assign]
            return original(self, *args, **kwargs)
        self.run = _watched_run(self.run, control, number)  # type: ignore[method-assign]
        code = 1
        try:
            code = original(self, *args, **kwargs)
        finally:
            _join_who_is_left()
            _let_go(control)
            control.ended(code)
            controller.active = None
        return code

    return _bootstrap


_join_who_is_left: Callable[[], None] = vars(util)["_exit_function"]
"""What the library does at the end of a process; from 3.13 on it would do so too late."""


def _let_go(control: Controller) -> None:
    """What a process does at its end, after all code of the user's: wait for its feeders, close its pipes."""
    drain_all(control)
    control.ends.close_all(control)


def _watched_run(run: Callable[[], None], control: Controller, number: int) -> Callable[[], None]:
    def watched_run() -> None:
        try:
            run()
        except SystemExit:
            raise
        except BaseException as error:
            control.notes.died_of(number, error)
            raise

    return watched_run


def _play(process: BaseProcess, run: Callable[[], None], control: Controller, repeater: Repeater) -> None:
    """Run what the process is for, once in each schedule that has it."""
    before = dict(vars(process))
    while True:
        code = 1
        with suppress(Abandoned):
            try:
                run()
                code = 0
            except SystemExit as exit_:
                code = exit_.code if isinstance(exit_.code, int) else int(exit_.code is not None)
            except Abandoned:
                raise
            except BaseException as error:  # noqa: BLE001 - as the interpreter does at the end of a process
                control.notes.died_of(control.process, error)
            if not repeater.abandoned:
                _let_go(control)
                control.ended(code)
        vars(process).clear()
        vars(process).update(before)
        control.rest()


def has_ended(control: Controller, process: BaseProcess) -> bool:
    """Tell whether a process is over; the holder of the token asks."""
    number = number_of(process)
    return number is None or control.board.row(number)[rows.STATE] == Life.ENDED


def _reap(process: BaseProcess) -> None:
    """Wait for what is left of a process that is over: it does nothing more that could be seen."""
    popen: Any = getattr(process, "_popen", None)
    if popen is not None:
        popen.wait()


def _join(original: Callable[..., None]) -> Callable[..., None]:
    @wraps(original)
    def join(self: BaseProcess, timeout: float | None = None) -> None:
        control, number = controller.active, number_of(self)
        if control is None or number is None or getattr(self, "_popen", None) is None:
            return original(self, timeout)
        if timeout is not None and timeout <= 0:
            return original(self, None) if _look(control, self, number) else None
        ended = control.point(
            Kind.JOIN, resource_of(LIFE + number), self, changes=False, looks=False, needs=Needs.ENDED,
            first=1 << number, timeout_s=timeout,
        )  # fmt: skip
        if not ended:
            control.tell("gives up waiting for the end of", self)
            return None
        _reap(self)
        control.tell("joins", self)
        return original(self, None)

    return join


def _look(control: Controller, process: BaseProcess, number: int) -> bool:
    control.point(Kind.LOOK, resource_of(LIFE + number), process, changes=False)
    ended = has_ended(control, process)
    if ended:
        _reap(process)
    control.tell("finds ended" if ended else "finds running", process)
    return ended


def _is_alive(original: Callable[[BaseProcess], bool]) -> Callable[[BaseProcess], bool]:
    @wraps(original)
    def is_alive(self: BaseProcess) -> bool:
        control, number = controller.active, number_of(self)
        if control is None or number is None or getattr(self, "_popen", None) is None:
            return original(self)
        return not _look(control, self, number) and original(self)

    return is_alive


def _active_children(original: Callable[[], list[Any]]) -> Callable[[], list[Any]]:
    @wraps(original)
    def active_children() -> list[Any]:
        control = controller.active
        if control is not None and control.places.called_by_user(sys._getframe(1)):
            for child in control.children:
                _look(control, child, vars(child)["_parlab_process"])
        return original()

    return active_children


def _exitcode(original: Any) -> Callable[[BaseProcess], int | None]:
    @wraps(original)
    def exitcode(self: BaseProcess) -> int | None:
        control, number = controller.active, number_of(self)
        if control is not None and number is not None and getattr(self, "_popen", None) is not None:
            control.notes.was_asked(number)
            if not has_ended(control, self) and not _look(control, self, number):
                return None
        code: int | None = original(self)
        return code

    return exitcode


def _send_signal(original: Callable[[Any, int], None]) -> Callable[[Any, int], None]:
    @wraps(original)
    def _send_signal(self: Any, sig: int) -> None:
        control, number = controller.active, vars(self).get("_parlab_number")
        if control is None or number is None:
            return original(self, sig)
        control.point(Kind.CLOSE, resource_of(LIFE + number), f"process {number}", alone=True)
        original(self, sig)
        if control.board.row(number)[rows.STATE] != Life.ENDED:
            self.wait()
            control.mark_ended(number, self.returncode)
        control.tell("ends", f"process {number}")
        return None

    return _send_signal
