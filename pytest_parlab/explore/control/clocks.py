"""Time under control: it passes only where somebody waits for it, so that no sleep puts anything in order."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

from pytest_parlab.explore.control import controller
from pytest_parlab.explore.control.controller import Controller
from pytest_parlab.explore.control.layout import Needs
from pytest_parlab.explore.operations import Kind, resource_of
from pytest_parlab.explore.run import LIFE
from pytest_parlab.instrument.patches import Patches

_LOOK_NS = 1_000
"""Virtual time that passes from one look at a clock to the next, so that a loop that waits for a time ends."""
SLEEPS = 1_000
"""Sleeps with no step of anybody's in between, after which a process goes on only when nobody else can."""
_NEVER = 0
"""The slot of nothing."""
_slept: list[Any] = [None, 0]
"""The schedule and the step at which this process slept last, and how often by then."""
_CLOCKS = ("time", "monotonic", "perf_counter")


def install(patches: Patches) -> None:
    """Replace `time.sleep` and the clocks, also where a module of the user's has imported them by name."""
    replacements: dict[Any, Callable[..., Any]] = {time.sleep: _sleep(time.sleep)}
    for name in _CLOCKS:
        clock, clock_ns = getattr(time, name), getattr(time, f"{name}_ns")
        replacements[clock] = _clock(clock, clock_ns, per_second=1_000_000_000)
        replacements[clock_ns] = _clock(clock_ns, clock_ns, per_second=1)
    for name, original in list(vars(time).items()):
        if callable(original) and original in replacements:
            patches.replace(time, name, replacements[original])
    for module in list(sys.modules.values()):
        if getattr(module, "__name__", "").partition(".")[0] not in _LEFT_ALONE and hasattr(module, "__dict__"):
            for name, thing in list(vars(module).items()):
                if type(thing) is _BUILTIN and thing in replacements:
                    patches.replace(module, name, replacements[thing])


_BUILTIN = type(time.sleep)
_LEFT_ALONE = frozenset(sys.stdlib_module_names) | {"pytest_parlab", "_pytest", "pytest", "pluggy", "psutil"}


def _sleep(original: Callable[[float], None]) -> Callable[[float], None]:
    def sleep(seconds: float) -> None:
        control = controller.active
        if control is None:
            original(seconds)
            return
        if seconds < 0:
            raise ValueError("sleep length must be non-negative")
        if _does_nothing_else(control):
            control.point(
                Kind.WAIT, resource_of(LIFE + control.process), "nothing but time", changes=False, looks=False,
                needs=Needs.VALUE, first=_NEVER, timeout_s=seconds,
            )  # fmt: skip
            _slept[:] = [(control.ends.turn, control.board.step), SLEEPS]
        else:
            control.board.clock_ns += int(seconds * 1e9)
        control.errands.rest()

    return sleep


def _does_nothing_else(control: Controller) -> bool:
    """Tell whether a process has slept very often since anybody took a step: it may do so for ever."""
    now = control.ends.turn, control.board.step
    _slept[:] = [now, _slept[1] + 1 if _slept[0] == now else 1]
    return bool(_slept[1] > SLEEPS)


def _clock(original: Callable[[], Any], began: Callable[[], int], *, per_second: int) -> Callable[[], Any]:
    origin = began()

    def clock() -> Any:
        control = controller.active
        if control is None:
            return original()
        control.board.clock_ns += _LOOK_NS
        now = origin + control.board.clock_ns
        return now if per_second == 1 else now / per_second

    return clock
