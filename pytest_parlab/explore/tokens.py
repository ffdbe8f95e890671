"""A schedule as a short text that a person can copy: what `replay` takes."""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Sequence

from pytest_parlab.errors import UsageError

_PREFIX = "s1-"


def token_of(schedule: Sequence[int]) -> str:
    """The text that stands for a schedule."""
    packed = zlib.compress(bytes(schedule), 9)
    return _PREFIX + base64.urlsafe_b64encode(packed).decode().rstrip("=")


def schedule_of(token: str) -> tuple[int, ...]:
    """The schedule that a text stands for.

    Raises:
        UsageError: It is no such text.
    """
    text = token.removeprefix(_PREFIX) if isinstance(token, str) and token.startswith(_PREFIX) else ""
    try:
        if not text:
            raise ValueError(token)
        return tuple(zlib.decompress(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))))
    except (ValueError, binascii.Error, zlib.error):
        raise UsageError(
            f"{token!r} is no token of a schedule: it begins with {_PREFIX!r}, and a report of explore() gives it"
        ) from None
