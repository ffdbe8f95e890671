"""Places in the user's source, numbered when first met.

On the access path a site costs one dictionary look-up by code object and instruction; lines, columns and stacks are
worked out once per site. A code object that has a number is kept alive, so its identity cannot be given to another.
"""

from __future__ import annotations

import functools
import os
import sys
import sysconfig
from collections.abc import Callable
from itertools import count, islice
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

from pytest_parlab.trace.purposes import polls

STACK_LIMIT = 12
"""Frames kept per site."""
_OWN = str(Path(__file__).parents[1]) + os.sep
_STANDARD = str(Path(sysconfig.get_path("stdlib"))) + os.sep
_INSTALLED = tuple(_STANDARD + folder + os.sep for folder in ("site-packages", "dist-packages", "test"))
_MADE_UP = ("<string>", "<frozen")
"""Names of sources that are compiled from text by the library (properties of shared structures) or frozen into it."""


class Sites:
    """Numbers sites and tells the user's frames from the library's.

    Args:
        describe: Called once for each new number, with the frame that it stands for.

    Attributes:
        numbers: The sites met so far; the key is that of a frame: ``id(f_code) + f_lasti``, the address of
            the instruction, for the bytecode lies inside its code object.
        polling: Those of the sites that decide when a loop ends; see `purposes`.
    """

    def __init__(self, describe: Callable[[int, FrameType], None]) -> None:
        self._describe = describe
        self.numbers: dict[int, int] = {}
        self.polling: set[int] = set()
        self._positions: dict[tuple[int, tuple[int, int, int, int]], int] = {}
        self._library: dict[int, bool] = {}
        self._codes: list[CodeType] = []
        self._next = count(1).__next__

    def caller(self, depth: int = 1) -> int:
        """The site of the innermost frame of the user's; 0 if there is none.

        Args:
            depth: How many frames up the user's is looked for first: 1 is the caller of this method.
        """
        return self.of(sys._getframe(depth))

    def of(self, frame: FrameType | None) -> int:
        """The site of a frame, or of the innermost one of the user's that led to it; 0 if there is none."""
        while frame is not None:
            code = frame.f_code
            number = self.numbers.get(id(code) + frame.f_lasti)
            if number is not None:
                return number
            if not self.is_library(code):
                return self._new(frame)
            if code.co_name == "_bootstrap":  # a forked child's stack goes on into its parent's past
                return 0
            frame = frame.f_back
        return 0

    def called_by_user(self) -> bool:
        """Tell whether the hook that asks was called from the user's code itself, not from within the library."""
        frame: FrameType | None = sys._getframe(1)
        while frame is not None and frame.f_code.co_filename.startswith(_OWN):
            frame = frame.f_back
        return frame is not None and not self.is_library(frame.f_code)

    def _new(self, frame: FrameType) -> int:
        """Number the place that a frame is at.

        One place can have several addresses: a specialised instruction is left at its end (Python 3.12).
        """
        address = id(frame.f_code) + frame.f_lasti
        line, column, end_line, end_column = position = _position(frame)
        known = self._positions.get((id(frame.f_code), position)) if column >= 0 else None
        if known is not None:
            self.numbers[address] = known
            return known
        self._codes.append(frame.f_code)
        number = self._next()
        self._describe(number, frame)
        if self._is_waited_for(frame) or polls(frame.f_code, (line, column), (end_line, end_column)):
            self.polling.add(number)
        self.numbers[address] = self._positions[id(frame.f_code), position] = number
        return number

    def _is_waited_for(self, frame: FrameType) -> bool:
        """Tell whether a frame is the predicate of a condition's ``wait_for``."""
        caller = frame.f_back
        return caller is not None and caller.f_code.co_name == "wait_for" and self.is_library(caller.f_code)

    def is_library(self, code: CodeType) -> bool:
        """Tell whether code belongs to the standard library or to this package."""
        known = self._library.get(id(code))
        if known is None:
            self._codes.append(code)
            known = self._library[id(code)] = is_library(code.co_filename)
        return known

    def facts(self, frame: FrameType) -> dict[str, Any]:
        """What to write down of a site."""
        code = frame.f_code
        _, column, end_line, end_column = _position(frame)
        return {
            "path": code.co_filename,
            "line": frame.f_lineno,
            "function": code.co_qualname,
            "column": column,
            "end_line": end_line,
            "end_column": end_column,
            "stack": self._stack(frame),
        }

    def _stack(self, frame: FrameType | None) -> list[tuple[str, int, str]]:
        stack: list[tuple[str, int, str]] = []
        installed = frame is not None and _is_installed(frame.f_code.co_filename)
        while frame is not None and len(stack) < STACK_LIMIT:
            code = frame.f_code
            if not self.is_library(code) and (installed or not _is_installed(code.co_filename)):
                stack.append((code.co_filename, frame.f_lineno or 0, code.co_qualname))
            elif code.co_name == "_bootstrap":
                break
            frame = frame.f_back
        return stack


def _position(frame: FrameType) -> tuple[int, int, int, int]:
    """Line, column, last line and column after the expression that a frame is at; -1 where it is not known."""
    found = next(islice(frame.f_code.co_positions(), frame.f_lasti // 2, None), (None,) * 4)
    line, end_line, column, end_column = (-1 if number is None else number for number in found)
    return line, column, end_line, end_column


def _is_installed(path: str) -> bool:
    """Tell whether code came with an installed package, such as the runner of the user's tests."""
    return f"{os.sep}site-packages{os.sep}" in path or f"{os.sep}dist-packages{os.sep}" in path


def is_library(path: str) -> bool:
    """Tell whether a source belongs to the standard library or to this package."""
    if path.startswith(_STANDARD):
        return not path.startswith(_INSTALLED)
    return path.startswith((_OWN, *_MADE_UP))


def qualified_name(function: object) -> str:
    """The name that a reader knows a callable by; of a partial, that of what it calls."""
    while isinstance(function, functools.partial):
        function = function.func
    name = getattr(function, "__qualname__", None)
    return str(name) if name else type(function).__qualname__
