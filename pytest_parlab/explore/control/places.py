"""Places in the user's source, as the processes of a schedule meet them.

A process may live for a few milliseconds, so nothing is worked out here that is not needed: above all, no source is
read before a place looks at something in vain.
"""

from __future__ import annotations

import os
import zlib
from itertools import islice
from pathlib import Path
from types import CodeType, FrameType
from typing import NamedTuple

from pytest_parlab.instrument.sites import is_library
from pytest_parlab.trace.purposes import polls


class Spot(NamedTuple):
    """A place of the source.

    Attributes:
        path: File; empty for a place that is not known.
        line: Line, from 1.
        number: The same in every process and run: a checksum of file name and line.
        code: The code that it lies in.
        lasti: The instruction.
    """

    path: str = ""
    line: int = 0
    number: int = 0
    code: CodeType | None = None
    lasti: int = 0

    @property
    def text(self) -> str:
        """File name and line, as in ``bank.py:12``."""
        return f"{Path(self.path).name}:{self.line}" if self.path else ""


NOWHERE = Spot()


class Places:
    """The places that one process has met."""

    def __init__(self) -> None:
        self._spots: dict[int, Spot] = {}
        self._library: dict[str, bool] = {}
        self._polling: dict[int, bool] = {}

    def of(self, frame: FrameType | None) -> Spot:
        """The innermost place of the user's that led to a frame."""
        while frame is not None:
            code = frame.f_code
            known = self._spots.get(id(code) + frame.f_lasti)
            if known is not None:
                return known
            if not self.is_library(code.co_filename):
                path, line = code.co_filename, frame.f_lineno
                number = zlib.crc32(f"{os.path.basename(path)}:{line}".encode())  # noqa: PTH119 - it is quicker
                spot = self._spots[id(code) + frame.f_lasti] = Spot(path, line, number, code, frame.f_lasti)
                return spot
            if code.co_name == "_bootstrap":  # a forked child's stack goes on into its parent's past
                break
            frame = frame.f_back
        return NOWHERE

    def is_library(self, path: str) -> bool:
        """Tell whether a source belongs to the standard library or to this package."""
        known = self._library.get(path)
        if known is None:
            known = self._library[path] = is_library(path)
        return known

    def polls(self, spot: Spot) -> bool:
        """Tell whether a place decides when a loop ends that waits for others."""
        if spot.code is None:
            return False
        key = id(spot.code) + spot.lasti
        known = self._polling.get(key)
        if known is None:
            line, end_line, column, end_column = next(islice(spot.code.co_positions(), spot.lasti // 2, None))
            known = self._polling[key] = polls(
                spot.code, (line or 0, column or 0), (end_line or 0, end_column or 0)
            )  # fmt: skip
        return known

    def called_by_user(self, frame: FrameType | None) -> bool:
        """Tell whether a hook was called from the user's code itself, not from within the library."""
        while frame is not None and frame.f_globals.get("__package__") == __package__:
            frame = frame.f_back
        return frame is not None and not self.is_library(frame.f_code.co_filename)
