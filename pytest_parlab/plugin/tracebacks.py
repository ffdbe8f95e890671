"""Keeps our own frames out of the tracebacks of failed tests: the reader's line is the test's, not ours."""

from __future__ import annotations

import contextlib
from pathlib import Path
from types import TracebackType

import pytest

_OWN = Path(__file__).parent.parent
_CONTEXTLIB = Path(contextlib.__file__)


def without_own_frames(excinfo: pytest.ExceptionInfo[BaseException]) -> pytest.ExceptionInfo[BaseException]:
    """Leave out the frames of this package, and those of ``with`` statements in between, if the test's own remain."""
    entries = []
    traceback: TracebackType | None = excinfo.tb
    while traceback is not None:
        entries.append(traceback)
        traceback = traceback.tb_next
    own = [_is_own(entry) for entry in entries]
    if not any(own) or all(own):
        return excinfo
    kept: TracebackType | None = None
    for entry, hidden in reversed(list(zip(entries, own, strict=True))):
        if not hidden:
            kept = TracebackType(kept, entry.tb_frame, entry.tb_lasti, entry.tb_lineno)
    if kept is None:
        return excinfo
    return pytest.ExceptionInfo.from_exc_info((excinfo.type, excinfo.value, kept))


def _is_own(traceback: TracebackType) -> bool:
    path = Path(traceback.tb_frame.f_code.co_filename)
    return path == _CONTEXTLIB or _OWN in path.parents
