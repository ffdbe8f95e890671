"""Let several processes change the same number without losing a single change."""

from __future__ import annotations

from multiprocessing import Lock, Process, Value
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
    for _ in range(times):
        # Reading, adding and writing back are three steps. The lock makes them one: whoever holds it
        # writes back before anybody else may read.
        with lock:
            number.value += 1


def add_to_all(numbers: SynchronizedArray[int], times: int, lock: LockType) -> None:
    """Add 1 to every element of `numbers`, `times` times, while other processes do the same.

    Args:
        numbers: The array that all processes share.
        times: How often 1 is added to every element.
        lock: The lock that all processes share.
    """
    for _ in range(times):
        for place in range(len(numbers)):
            # By its place: a variable that runs over the elements would be a copy, and the copy is ours alone.
            with lock:
                numbers[place] += 1


def count_in_parallel(workers: int, times: int) -> int:
    """Let `workers` processes add to one shared number that starts at 0, each `times` times, all at once.

    Args:
        workers: How many processes run `add_many`.
        times: How often each of them adds 1.

    Returns:
        The number when all of them have ended: ``workers * times``.
    """
    # One number and one lock, made here and handed to everybody. A lock that each process makes for itself
    # keeps nobody out.
    number = Value("q", 0)
    lock = Lock()
    processes = [Process(target=add_many, args=(number, times, lock)) for _ in range(workers)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    return int(number.value)
