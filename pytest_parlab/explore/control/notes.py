"""Texts that processes of a schedule leave for whoever conducts the search: they outlive their writers."""

from __future__ import annotations

import json
from multiprocessing.process import current_process
from pathlib import Path

from pytest_parlab.explore.control.places import Spot
from pytest_parlab.explore.exploration import Raised


class Notes:
    """The notes of one schedule.

    Args:
        directory: Where they lie.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def died_of(self, number: int, error: BaseException) -> None:
        """A process ends with an exception."""
        (self._directory / f"error-{number}").write_text(
            json.dumps([current_process().name, type(error).__name__, str(error)])
        )

    def was_asked(self, number: int) -> None:
        """Somebody reads the exit code of a process: that it died is no secret to its parent any more."""
        (self._directory / f"error-{number}").unlink(missing_ok=True)

    def secret_death(self) -> Raised | None:
        """What a process died of without anybody asking for it."""
        for path in sorted(self._directory.glob("error-*")):
            name, error, text = json.loads(path.read_text())
            return Raised(error, f"{text} (in {name})".lstrip())
        return None

    def unmodelled(self, what: str, spot: Spot) -> None:
        """The program does something that cannot be scheduled."""
        (self._directory / "unmodelled").write_text(json.dumps([what, spot.path, spot.line]))

    def what_is_unmodelled(self) -> str:
        """The same in words."""
        what, path, line = json.loads((self._directory / "unmodelled").read_text())
        return f"{what}, which cannot be scheduled{f', at {path}:{line}' if path else ''}"
