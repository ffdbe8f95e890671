"""Keeps the hooks' own frames out of the tracebacks that a learner reads."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

_HERE = str(Path(__file__).parent)


def without_hooks(error: BaseException) -> None:
    """Take this package's frames out of an error's traceback.

    Called where a hook catches what goes through it; its own frame is then gone from the traceback, and a bare
    ``raise`` does not add it again.
    """
    kept: list[TracebackType] = []
    entry = error.__traceback__
    while entry is not None:
        if not entry.tb_frame.f_code.co_filename.startswith(_HERE):
            kept.append(entry)
        entry = entry.tb_next
    for entry, following in zip(kept, [*kept[1:], None], strict=False):
        entry.tb_next = following
    error.__traceback__ = kept[0] if kept else None
