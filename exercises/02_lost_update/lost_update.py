"""Let several processes change the same number without losing a single change."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:  # only the annotations need these names
    from multiprocessing.sharedctypes import Synchronized, SynchronizedArray
    from multiprocessing.synchronize import Lock as LockType


def add_many(number: Synchronized[int], times: int, lock: LockType) -> None:
    """Add 1 to ``number.value``, `times` times, while other processes do the same.

    Args:
        number: The number that all processes share.
        times: How often 1 is added to it.
        lock: The lock that all processes share.
    """
    # TODO(task 1): add 1 to number.value, so that no other process can get in between
    raise NotImplementedError("task 1: add 1 to number.value, so that no other process can get in between")


def add_to_all(numbers: SynchronizedArray[int], times: int, lock: LockType) -> None:
    """Add 1 to every element of `numbers`, `times` times, while other processes do the same.

    Args:
        numbers: The array that all processes share.
        times: How often 1 is added to every element.
        lock: The lock that all processes share.
    """
    # TODO(task 2): add 1 to every element in the shared array itself
    raise NotImplementedError("task 2: add 1 to every element in the shared array itself")


def count_in_parallel(workers: int, times: int) -> int:
    """Let `workers` processes add to one shared number that starts at 0, each `times` times, all at once.

    Args:
        workers: How many processes run `add_many`.
        times: How often each of them adds 1.

    Returns:
        The number when all of them have ended: ``workers * times``.
    """
    # TODO(task 3): make the shared number and the lock, run add_many in the processes, return the number
    raise NotImplementedError("task 3: make the shared number and the lock, run add_many in the processes")
