"""Runs the processes of a program, and hears from them what went wrong."""

from __future__ import annotations

from typing import Any, NoReturn

WRONG = 3
"""Exit code of a process that saw what must not be."""


def wrong() -> NoReturn:
    """End this process, saying that it saw what must not be: an assertion in a child would end only the child."""
    raise SystemExit(WRONG)


def run(*processes: Any) -> None:
    """Start the processes in this order and wait for all of them.

    Raises:
        AssertionError: One of them saw what must not be.
        RuntimeError: One of them failed in another way.
    """
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    codes = [process.exitcode for process in processes]
    if any(code not in (0, WRONG) for code in codes):
        raise RuntimeError(f"the processes ended with the exit codes {codes}")
    assert WRONG not in codes, f"process {codes.index(WRONG) + 1} of {len(codes)} saw what must not be"
