"""Places in the user's source, numbered when first met.

On the access path a site costs one dictionary look-up by code object and instruction; lines, columns and stacks are
worked out once per site. A code object that has a number is kept alive, so its identity cannot be given to another.
"""

from __future__ import annotations

import concurrent.futures
import functools
import itertools
import multiprocessing
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

STACK_LIMIT = 12
"""Frames kept per site."""
_OWN = str(Path(__file__).parent)
_LIBRARY = (
    str(Path(multiprocessing.__file__).parent),
    str(Path(concurrent.futures.__file__).parent),
    str(Path(threading.__file__)),
    str(Path(functools.__file__)),
    _OWN,
    "<string>",  # properties of shared structures are compiled from text
    "<frozen",
)


class Sites:
    """Numbers sites and tells the user's frames from the library's.

    Args:
        describe: Called once for each new number, with the frame that it stands for.
    """

    def __init__(self, describe: Callable[[int, FrameType], None]) -> None:
        self._describe = describe
        self._numbers: dict[int, int] = {}
        self._library: dict[int, bool] = {}
        self._codes: list[CodeType] = []
        self._next = itertools.count(1).__next__

    def caller(self) -> int:
        """The site of the innermost frame of the user's; 0 if there is none."""
        frame: FrameType | None = sys._getframe(1)
        while frame is not None and self.is_library(frame.f_code):
            if frame.f_code.co_name == "_bootstrap":  # a forked child's stack goes on into its parent's past
                return 0
            frame = frame.f_back
        return 0 if frame is None else self.number(frame)

    def called_by_user(self) -> bool:
        """Tell whether the hook that asks was called from the user's code itself, not from within the library."""
        frame: FrameType | None = sys._getframe(1)
        while frame is not None and frame.f_code.co_filename.startswith(_OWN):
            frame = frame.f_back
        return frame is not None and not self.is_library(frame.f_code)

    def number(self, frame: FrameType) -> int:
        """The number of the place that a frame is at."""
        code = frame.f_code
        key = id(code) ^ frame.f_lasti << 48
        number = self._numbers.get(key)
        if number is None:
            self._codes.append(code)
            number = self._next()
            self._describe(number, frame)
            self._numbers[key] = number
        return number

    def is_library(self, code: CodeType) -> bool:
        """Tell whether code belongs to the standard library's parallel packages or to this package."""
        known = self._library.get(id(code))
        if known is None:
            self._codes.append(code)
            known = self._library[id(code)] = code.co_filename.startswith(_LIBRARY)
        return known

    def facts(self, frame: FrameType) -> dict[str, Any]:
        """What to write down of a site."""
        code = frame.f_code
        lines = list(code.co_positions())
        _, _, column, end_column = lines[frame.f_lasti // 2] if frame.f_lasti // 2 < len(lines) else (None,) * 4
        return {
            "path": code.co_filename,
            "line": frame.f_lineno,
            "function": code.co_qualname,
            "column": -1 if column is None else column,
            "end_column": -1 if end_column is None else end_column,
            "stack": self._stack(frame),
        }

    def _stack(self, frame: FrameType | None) -> list[tuple[str, int, str]]:
        stack: list[tuple[str, int, str]] = []
        while frame is not None and len(stack) < STACK_LIMIT:
            code = frame.f_code
            if self.is_library(code):
                if code.co_name == "_bootstrap":
                    break
            else:
                stack.append((code.co_filename, frame.f_lineno or 0, code.co_qualname))
            frame = frame.f_back
        return stack


def qualified_name(function: object) -> str:
    """The name that a reader knows a callable by; of a partial, that of what it calls."""
    while isinstance(function, functools.partial):
        function = function.func
    name = getattr(function, "__qualname__", None)
    return str(name) if name else type(function).__qualname__
