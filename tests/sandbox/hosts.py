"""Starts hosts for modules that a test writes, and makes sure that nothing of them stays."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from textwrap import dedent

from pytest_parlab.sandbox.clearing import marked
from pytest_parlab.sandbox.judge import HostProcess
from pytest_parlab.sandbox.order import Order

SHOWN = "handed_in/lesson.py"
LONG_S = 60.0
"""A deadline that a test does not reach."""


def order_of(folder: Path, source: str | bytes, scenarios: str = "", start_method: str = "") -> Order:
    """Write a module, and scenarios if there are any."""
    module = folder / "lesson.py"
    module.write_bytes(source if isinstance(source, bytes) else dedent(source).encode())
    beside = None
    if scenarios:
        beside = folder / "scenarios.py"
        beside.write_text(dedent(scenarios), encoding="utf-8")
    return Order(module, SHOWN, beside, "exercises/scenarios.py", start_method)


@contextmanager
def started(order: Order) -> Iterator[HostProcess]:
    """A host that has loaded nothing yet; afterwards nothing of it is left."""
    host = HostProcess(order)
    folder, watch = host._folder.path, host._watch
    try:
        yield host
    finally:
        host.remove()
    assert marked(str(folder)) == []
    assert not folder.exists()
    assert not watch.exists()


@contextmanager
def hosting(folder: Path, source: str, scenarios: str = "", start_method: str = "") -> Iterator[HostProcess]:
    """A host that has loaded a module; afterwards nothing of it is left."""
    with started(order_of(folder, source, scenarios, start_method)) as host:
        host.load(deadline_s=LONG_S)
        yield host
