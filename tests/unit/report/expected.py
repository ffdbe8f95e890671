"""Pictures as they stand in the tests."""

from __future__ import annotations

import textwrap


def expected(text: str) -> str:
    """A picture without the indentation and the line breaks around it that it has in the test's source."""
    return textwrap.dedent(text).strip("\n")
