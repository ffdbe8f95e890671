"""Tests of CPython's that must come out differently under a watch, each with the reason."""

from __future__ import annotations

EXCEPTIONS: dict[str, str] = {}
"""The end of a test's name to what it checks that hooks must change."""
