"""Where the plugin keeps things in pytest's own stashes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pytest_parlab.grading.exercises import Exercise
    from pytest_parlab.plugin.budget import Budget
    from pytest_parlab.plugin.options import Settings
    from pytest_parlab.plugin.watches import TestRun

SETTINGS: pytest.StashKey[Settings] = pytest.StashKey()
"""Of the run, at the config."""
BUDGETS: pytest.StashKey[dict[Path, Budget]] = pytest.StashKey()
"""Of the exercises, at the config."""
EXERCISE: pytest.StashKey[Exercise] = pytest.StashKey()
"""That a test belongs to, at the item."""
RUN: pytest.StashKey[TestRun] = pytest.StashKey()
"""What the fixtures of a test share, at the item."""
PROBLEM: pytest.StashKey[str] = pytest.StashKey()
"""Why a test cannot run, at the item."""
CLEARED: pytest.StashKey[bool] = pytest.StashKey()
"""What killed runs left has been cleared away, at the config."""
REPEAT: pytest.StashKey[list[str]] = pytest.StashKey()
"""Lines that say how to repeat the run, at the config; until they are shown."""
