"""Takes the control into children that are no forks: an object in their start-up data whose unpickling installs it.

`multiprocessing` unpickles the start-up data before it imports the child's main module.
"""

from __future__ import annotations

import faulthandler
import signal
from collections.abc import Callable
from multiprocessing import spawn
from pathlib import Path
from typing import Any

from pytest_parlab.explore.control import controller
from pytest_parlab.explore.control.board import Board
from pytest_parlab.explore.control.controller import Controller
from pytest_parlab.explore.control.tokens import Tokens
from pytest_parlab.explore.strategies.protocol import Strategy
from pytest_parlab.instrument.patches import Patches


class Carrier:
    """Knows the schedule; arrives in the child as None, with everything installed."""

    def __init__(self, control: Controller) -> None:
        self._control = control

    def __reduce__(self) -> tuple[Any, ...]:
        control = self._control
        facts = (str(control.board.path), control.tokens, control.strategy, str(control.directory))
        return arrive, (*facts, control.story is not None)


def arrive(board: str, tokens: Tokens, strategy: Strategy, directory: str, detailed: bool) -> None:
    """Install the control in the child that this was sent to."""
    from pytest_parlab.explore.control.parts import install_parts  # noqa: PLC0415 - it lists this module

    install_parts(Patches())
    own = Path(directory)
    controller.active = Controller(Board(Path(board)), tokens, strategy, own, detailed=detailed)
    if hasattr(faulthandler, "register"):
        stacks = (own.parent / "stacks").open("a")
        faulthandler.register(signal.SIGUSR1, stacks, all_threads=False)


def install(patches: Patches) -> None:
    """Add the carrier to the start-up data of every child."""
    patches.replace(spawn, "get_preparation_data", _with_carrier(spawn.get_preparation_data))


def _with_carrier(original: Callable[[str], dict[str, Any]]) -> Callable[[str], dict[str, Any]]:
    def get_preparation_data(name: str) -> dict[str, Any]:
        data = original(name)
        if controller.active is not None:
            data["parlab_explore"] = Carrier(controller.active)
        return data

    return get_preparation_data
