"""Small programs with races, and look-alikes, for the confirmation of what a detector finds in them."""

from __future__ import annotations

import threading
from multiprocessing import Array, Lock, Process, Value
from multiprocessing.sharedctypes import RawValue
from typing import Any


def together(*processes: Process) -> None:
    for process in processes:
        process.start()
    for process in processes:
        process.join()


def add(total: Any, lock: Any) -> None:
    if lock is None:
        total.value += 1
    else:
        with lock:
            total.value += 1


def counts() -> int:
    """A lost update."""
    total = Value("i", 0)
    together(*(Process(target=add, args=(total, None)) for _ in range(2)))
    return int(total.value)


def counts_raw() -> int:
    """The same in memory without a lock of its own."""
    total = RawValue("i", 0)
    together(*(Process(target=add, args=(total, None)) for _ in range(2)))
    return int(total.value)


def counts_with_two_locks() -> int:
    """Everybody holds a lock, but not the same one."""
    total = Value("i", 0)
    together(*(Process(target=add, args=(total, Lock())) for _ in range(2)))
    return int(total.value)


def counts_with_a_lock() -> int:
    """Nothing is lost."""
    total, lock = Value("i", 0), Lock()
    together(*(Process(target=add, args=(total, lock)) for _ in range(2)))
    return int(total.value)


def write_both(pair: Any) -> None:
    pair[0] = 1
    pair[1] = -1


def look(pair: Any, seen: Any) -> None:
    seen.value = pair[0] + pair[1]


def halves() -> int:
    """A result is read before it is there, or half of it."""
    pair, seen = Array("i", 2), Value("i", 0)
    together(Process(target=write_both, args=(pair,)), Process(target=look, args=(pair, seen)))
    return int(seen.value)


def counts_beside_a_thread() -> int:
    """A lost update in a program that cannot be scheduled."""
    thread = threading.Thread(target=int)
    thread.start()
    thread.join()
    return counts()
