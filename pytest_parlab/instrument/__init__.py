"""How it is seen: hooks in multiprocessing and concurrent.futures, carried into every child."""

from __future__ import annotations

from pytest_parlab.instrument.watch import Watch, join_watches, watching

__all__ = ["Watch", "join_watches", "watching"]
