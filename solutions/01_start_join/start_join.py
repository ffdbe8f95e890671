"""Start several processes at once, wait for all of them, and see how each one ended."""

from __future__ import annotations

from multiprocessing import Process
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:  # only the annotations need these names
    from collections.abc import Callable, Sequence


def run_together(job: Callable[..., object], arguments: Sequence[tuple[object, ...]]) -> list[int]:
    """Run ``job(*args)`` in a process of its own for each ``args`` in `arguments`, all at the same time.

    Args:
        job: The function to run.
        arguments: One tuple of positional arguments for each process.

    Returns:
        The exit code of every process, in the order of `arguments`, once all of them have ended: 0 for a job
        that returned, 1 for one that raised, ``n`` for one that called ``sys.exit(n)`` or ``os._exit(n)``.
    """
    processes = [Process(target=job, args=args) for args in arguments]
    # Two loops, not one: the first join waits, and what has not been started by then waits with it.
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    # Before its join a process may still run, and then its exit code is None. After it, it is a number.
    return [cast("int", process.exitcode) for process in processes]
