"""What a host's answer means: its value, or the error that it tells of. An answer is data, and it may be nonsense."""

from __future__ import annotations

import signal
from typing import Any

from pytest_parlab.errors import NotPlainData, SubmissionDied, SubmissionError, SubmissionRaised

TEXTS = ("kind", "message", "traceback")


def value_of(answer: object, what: str) -> Any:
    """Return the value of an answer.

    Args:
        answer: What the host sent.
        what: What it was asked for.

    Raises:
        SubmissionRaised: The submission raised.
        SubmissionError: The host could not make the call.
        NotPlainData: The value cannot cross the boundary.
        SubmissionDied: This is no answer.
    """
    match answer:
        case {"value": value}:
            return value
        case {"loaded": True}:
            return None
        case {"raised": dict(told)} if all(isinstance(told.get(key), str) for key in TEXTS):
            path, line = told.get("path"), told.get("line")
            raise SubmissionRaised(
                told["kind"],
                told["message"],
                told["traceback"],
                path=path if isinstance(path, str) else None,
                line=line if isinstance(line, int) else None,
            )
        case {"refused": str(reason)}:
            raise SubmissionError(f"{reason}.")
        case {"unsendable": str(reason)}:
            raise NotPlainData(f"The result of {what} cannot be used: {reason}")
    raise SubmissionDied(f"{what}: the process that runs your code sent something that is no answer.")


def how_it_ended(code: int | None) -> str:
    """Say how a host ended that gave no answer; None if it still runs."""
    if code is None:
        return "closed its connection. Leave the file descriptors alone that you have not opened."
    if code < 0:
        try:
            name = signal.Signals(-code).name
        except ValueError:
            name = "unknown"
        return f"was ended by signal {-code} ({name}) before it gave an answer."
    return (
        f"ended with exit code {code} before it gave an answer. "
        "Return from the function instead of calling os._exit, and let errors be raised as exceptions."
    )
