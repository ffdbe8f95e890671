"""For all tests: pytester, for those that run pytest themselves."""

from __future__ import annotations

pytest_plugins = ["pytester"]
