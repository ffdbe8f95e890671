"""Takes the hooks into spawned children: an object in their start-up data whose unpickling installs them.

``multiprocessing`` unpickles the start-up data before it imports the child's main module, so nothing of the user's
runs unseen.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from multiprocessing import spawn
from pathlib import Path
from typing import Any

from pytest_parlab.instrument import recorder
from pytest_parlab.instrument.attendance import ADDRESS_VARIABLE
from pytest_parlab.instrument.patches import Patches


class Carrier:
    """Knows the open watches; arrives in the child as None, with the hooks installed."""

    def __init__(self, directories: tuple[Path, ...]) -> None:
        self._directories = directories

    def __reduce__(self) -> tuple[Any, ...]:
        directories = tuple(str(directory) for directory in self._directories)
        return arrive, (directories, os.environ.get(ADDRESS_VARIABLE, ""))


def arrive(directories: tuple[str, ...], meeting: str) -> None:
    """Install the hooks in the child that this was sent to."""
    from pytest_parlab.instrument.watch import join_watches  # noqa: PLC0415 - watch imports this module

    if meeting:  # a fork server's children do not get the caller's environment
        os.environ[ADDRESS_VARIABLE] = meeting
    else:
        os.environ.pop(ADDRESS_VARIABLE, None)
    join_watches(tuple(Path(directory) for directory in directories))


def install(patches: Patches) -> None:
    """Add the carrier to the start-up data of every child."""
    original: Callable[[str], dict[str, Any]] = spawn.get_preparation_data

    def get_preparation_data(name: str) -> dict[str, Any]:
        data = original(name)
        if recorder.active is not None:
            data["parlab"] = Carrier(recorder.active.directories)
        return data

    patches.replace(spawn, "get_preparation_data", get_preparation_data)
