"""The processes of a schedule run their code again, for the next schedule, instead of being started anew.

What a process made in its first run is given to it again in the next one, in the same order: the same memory, the
same semaphores. A process that is started like the one before it, with the same function and the same arguments,
is that one: it waits at its gate. Anything else is started anew.
"""

from __future__ import annotations

import itertools
import os
import types
from collections.abc import Callable
from functools import partial
from multiprocessing import process as mp_process
from multiprocessing.process import BaseProcess
from typing import TYPE_CHECKING, Any

from pytest_parlab.explore.control import layout as rows
from pytest_parlab.explore.control.layout import Life

if TYPE_CHECKING:
    from pytest_parlab.explore.control.controller import Controller

_DEPTH = 8
"""Levels of nested arguments that are compared."""
_IDENTICAL = (type, types.ModuleType, types.BuiltinFunctionType)
_PLAIN = (int, float, complex, str, bytes, bool, type(None))


class Abandoned(BaseException):
    """The schedule is over: leave the code that was called, whatever it waits for."""


class Repeater:
    """What one process keeps from schedule to schedule.

    Attributes:
        abandoned: It is on its way out of a schedule that is over.
        put_back: What undoes what the schedule has done to objects of this process.
        workers: Number of a process that it has started to that process, its stand-in, and how it was started.
    """

    def __init__(self) -> None:
        self.abandoned = False
        self.workers: dict[int, tuple[StandIn, tuple[Any, ...]]] = {}
        self.put_back: list[Callable[[], None]] = []
        self._made: list[tuple[Any, Any]] = []
        self._next = 0

    def begin(self) -> None:
        """Begin the next schedule as the first one began."""
        self.abandoned = False
        self._next = 0
        self.undo()
        mp_process._children.clear()  # type: ignore[attr-defined]
        mp_process._process_counter = itertools.count(1)  # type: ignore[attr-defined]

    def undo(self) -> None:
        """Undo what the schedule has done to objects of this process."""
        while self.put_back:
            self.put_back.pop()()

    def dismiss_all(self) -> None:
        """Let all processes end that this one has started."""
        self.undo()
        for stand_in, _ in self.workers.values():
            if stand_in.real.poll() is None:
                stand_in.dismiss()
        self.workers.clear()

    def make(self, how: Any, maker: Callable[[], Any]) -> Any:
        """What was made at this point the last time, if it was made in the same way; a new one otherwise."""
        place = self._next
        self._next += 1
        if place < len(self._made) and self._made[place][0] == how:
            return self._made[place][1]
        made = maker()
        self._made[place : place + 1] = [(how, made)]
        return made

    def worker(self, number: int, process: BaseProcess) -> StandIn | None:
        """The process that waits to be this one, if there is one; a different one is ended."""
        known = self.workers.get(number)
        if known is None:
            return None
        stand_in, recipe = known
        if stand_in.real.poll() is None and same(recipe, recipe_of(process)):
            return stand_in
        self.forget(number)
        return None

    def forget(self, number: int) -> None:
        """Let a process end, if there is one with this number: another takes its place."""
        known = self.workers.pop(number, None)
        if known is not None and known[0].real.poll() is None:
            known[0].dismiss()


class StandIn:
    """What a process object has for its system part: the process that plays it goes on afterwards.

    Args:
        real: The system part of the process.
        control: The controller of its parent.
        number: Its number.
    """

    method = "fork"

    def __init__(self, real: Any, control: Controller, number: int) -> None:
        self.real = real
        self._control = control
        self._number = number
        self.pid = real.pid
        self.sentinel = real.sentinel
        self.returncode: int | None = None

    def dismiss(self) -> None:
        """It is not needed any more: let it end, with those that it has started itself."""
        board = self._control.board
        before = board.dismissed
        board.dismissed = before or self._number + 1
        self._control.tokens.give(self._number)
        self.real.wait()
        board.dismissed = before

    def again(self) -> None:
        """It begins anew."""
        self.returncode = None

    def poll(self) -> int | None:
        """The exit code, if it is over."""
        if self.returncode is None:
            row = self._control.board.row(self._number)
            if row[rows.STATE] == Life.ENDED:
                code = int(row[rows.CODE])
                self.returncode = code - (1 << 32) if code >> 31 else code
            else:
                self.returncode = self.real.poll()
        return self.returncode

    def wait(self, timeout: float | None = None) -> int | None:
        """The exit code: under control nobody waits before it is there."""
        del timeout
        return self.poll()

    def terminate(self) -> None:
        """End it for good."""
        self.real.terminate()
        self.poll()

    def kill(self) -> None:
        """End it for good."""
        self.real.kill()
        self.poll()

    def close(self) -> None:
        """It is needed again."""


def recipe_of(process: BaseProcess) -> tuple[Any, ...]:
    """How a process is started: its class, and everything that it was given."""
    own = {name: value for name, value in vars(process).items() if name not in _OF_THE_LIBRARY}
    target, args, kwargs = (vars(process).get(name) for name in ("_target", "_args", "_kwargs"))
    return type(process), process.name, target, args, kwargs, own


_OF_THE_LIBRARY = frozenset(
    {"_identity", "_config", "_parent_pid", "_parent_name", "_popen", "_closed", "_target", "_args", "_kwargs"}
    | {"_name", "_parlab_process", "_sentinel", "_start_method"}
)
"""Attributes of a process object that are not the user's."""


def same(first: Any, second: Any, depth: int = _DEPTH) -> bool:
    """Tell whether two arguments are equal for a process that gets them; False where it is not certain."""
    if isinstance(first, _IDENTICAL):
        return bool(first == second)
    if type(first) is not type(second) or depth == 0:
        return False
    if isinstance(first, _PLAIN):
        return bool(first == second)
    if isinstance(first, tuple | list):
        pairs = zip(first, second, strict=False)
        return len(first) == len(second) and all(same(one, other, depth - 1) for one, other in pairs)
    if isinstance(first, dict):
        return first.keys() == second.keys() and all(same(first[key], second[key], depth - 1) for key in first)
    if isinstance(first, types.FunctionType):
        return _same_function(first, second, depth)
    if isinstance(first, types.MethodType):
        return first.__func__ is second.__func__ and same(first.__self__, second.__self__, depth - 1)
    if isinstance(first, partial):
        parts = [(one.func, one.args, one.keywords) for one in (first, second)]
        return same(parts[0], parts[1], depth - 1)
    return _same_object(first, second, depth)


def _same_function(first: types.FunctionType, second: types.FunctionType, depth: int) -> bool:
    if first.__code__ is not second.__code__ or first.__globals__ is not second.__globals__:
        return False
    cells = [tuple(cell.cell_contents for cell in one.__closure__ or ()) for one in (first, second)]
    defaults = [(one.__defaults__, one.__kwdefaults__) for one in (first, second)]
    return same(cells[0], cells[1], depth - 1) and same(defaults[0], defaults[1], depth - 1)


_SHARED = ("_parlab_slot", "_parlab_cells", "_parlab_block", "_state")
"""Attributes that say which lock, or which memory."""


def _same_object(first: Any, second: Any, depth: int) -> bool:
    own, other = getattr(first, "__dict__", None), getattr(second, "__dict__", None)
    if own is None or other is None or hasattr(type(first), "__slots__"):
        return False
    known = [name for name in _SHARED if name in own]
    if known:
        return all(own[name] == other.get(name) for name in known) and (
            "_obj" not in own or same(own["_obj"]._wrapper, other["_obj"]._wrapper)
        )
    if type(first).__module__ == "multiprocessing.context" or isinstance(first, os.PathLike):
        return first is second
    return own.keys() == other.keys() and all(same(own[name], other[name], depth - 1) for name in own)
