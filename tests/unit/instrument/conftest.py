"""What every test of the recorder is held to: nothing of a watch is left when it is over."""

from __future__ import annotations

import multiprocessing
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from pytest_parlab.instrument import recorder
from pytest_parlab.trace.session import PREFIX, SHARED_MEMORY


def left() -> set[Path]:
    return {
        path
        for parent in (SHARED_MEMORY, Path(tempfile.gettempdir()))
        for path in parent.glob(f"{PREFIX}{os.getpid()}-*")
    }


@pytest.fixture(autouse=True)
def _nothing_left() -> Iterator[None]:
    yield
    assert left() == set()
    assert multiprocessing.active_children() == []
    assert recorder.active is None


@pytest.fixture(params=multiprocessing.get_all_start_methods())
def context(request: pytest.FixtureRequest) -> multiprocessing.context.BaseContext:
    """A context of every start method in turn."""
    return multiprocessing.get_context(str(request.param))
