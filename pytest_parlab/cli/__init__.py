"""The `parlab` command."""

from __future__ import annotations

from pytest_parlab.cli.command import main

__all__ = ["main"]
