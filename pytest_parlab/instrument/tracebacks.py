"""What a learner reads of an error: its text, and a traceback without the hooks' own frames."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

TEXT_LIMIT = 500
"""Characters kept of an error's text."""
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


def error_text(error: BaseException) -> str:
    """What a reader is told of an error; never raises, whatever the error's own ``__str__`` does."""
    kind = type(error).__name__
    try:
        return f"{kind}: {error}"[:TEXT_LIMIT]
    except Exception:  # noqa: BLE001 - it is the user's code that is called here
        return kind
