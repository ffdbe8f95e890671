"""Process 0 of a schedule: it calls the function under control and leaves what came of it."""

from __future__ import annotations

import os
import pickle
import random
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.process import current_process
from pathlib import Path
from typing import Any

from pytest_parlab.explore.control import controller, raw
from pytest_parlab.explore.control import layout as rows
from pytest_parlab.explore.control.board import Board
from pytest_parlab.explore.control.controller import Controller
from pytest_parlab.explore.control.layout import State
from pytest_parlab.explore.control.parts import install_parts
from pytest_parlab.explore.control.repeating import Abandoned, Repeater
from pytest_parlab.explore.control.tokens import Tokens
from pytest_parlab.explore.exploration import Raised
from pytest_parlab.explore.strategies.protocol import Strategy
from pytest_parlab.instrument import recorder
from pytest_parlab.instrument.patches import Patches

RESULT = "result"


@dataclass(frozen=True)
class Call:
    """What is called.

    Attributes:
        function: The function.
        args: Its arguments.
        kwargs: Its keyword arguments.
        check: Called with the result.
        older: Raw shared memory that is older than the search.
    """

    function: Callable[..., Any]
    args: tuple[Any, ...] = ()
    kwargs: dict[str, Any] = field(default_factory=dict)
    check: Callable[[Any], object] | None = None
    older: tuple[Any, ...] = ()


def call_once(
    call: Call, board: Board, tokens: Tokens, strategy: Strategy, own: Path, *, detailed: bool = False
) -> None:
    """Run one schedule, and end."""
    if not tokens.forked:  # nothing of this process is what it was in the one that started it
        install_parts(Patches())
    control = _begin(call, Controller(board, tokens, strategy, own, detailed=detailed))
    _leave_result(call, control)
    control.finish()


def call_again(call: Call, board: Board, tokens: Tokens, strategy: Strategy, own: Path) -> None:
    """Run one schedule after the other, each time when this process gets the token."""
    control = _begin(call, Controller(board, tokens, strategy, own))
    control.repeater = Repeater()
    while True:
        with suppress(Abandoned):
            controller.active = control
            _leave_result(call, control)
            control.finish()
        control.rest()


def _begin(call: Call, control: Controller) -> Controller:
    recorder.active = None
    _on_one_core()
    main = current_process()
    main.name, main._identity = "MainProcess", ()  # noqa: SLF001
    sys.stdout = sys.stderr = Path(os.devnull).open("w")  # noqa: SIM115 - until the process ends
    controller.active = control
    control.board.row(0)[rows.PID] = os.getpid()
    random.seed(0)
    raw.follow(call.older)
    return control


def _leave_result(call: Call, control: Controller) -> None:
    checked, text = False, ""
    outcome: Any
    try:
        outcome = call.function(*call.args, **call.kwargs)
        outcome = control.notes.secret_death() or outcome
    except Abandoned:
        raise
    except BaseException as error:  # noqa: BLE001 - it is the outcome
        outcome, text = Raised(type(error).__name__, str(error)), traceback.format_exc()
    if control.board.state is not State.RUNNING:
        raise Abandoned
    controller.active = None
    if call.check is not None and not isinstance(outcome, Raised):
        try:
            call.check(outcome)
        except BaseException as error:  # noqa: BLE001 - it is the outcome
            checked, outcome = True, Raised(type(error).__name__, str(error))
            text = traceback.format_exc()
    (control.directory / RESULT).write_bytes(_packed(outcome, text, checked=checked))


def _packed(outcome: Any, text: str, *, checked: bool) -> bytes:
    try:
        packed = pickle.dumps((checked, outcome, text))
        pickle.loads(packed)  # noqa: S301 - our own
    except Exception:  # noqa: BLE001 - whatever it is made of
        return pickle.dumps((checked, repr(outcome), text))
    return packed


def _on_one_core() -> None:
    """Stay on one core, where the system allows it: only one process runs at a time, and it is woken quicker."""
    if hasattr(os, "sched_setaffinity"):
        with suppress(OSError):
            os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
