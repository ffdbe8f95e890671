"""Functions that do what cannot be scheduled, or what goes wrong, each in one way."""

from __future__ import annotations

import multiprocessing
import os
import random
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from multiprocessing.shared_memory import ShareableList, SharedMemory
from typing import Any

FORK: Any = multiprocessing.get_context("fork" if "fork" in multiprocessing.get_all_start_methods() else "spawn")
remembered: list[int] = []
older = FORK.Value("i", 0)
older_raw = FORK.RawValue("i", 0)
older_lock = FORK.Lock()


def add(value: Any, times: int = 1) -> None:
    for _ in range(times):
        value.value += 1


def run_two(target: Any, *args: Any, context: Any = FORK) -> None:
    processes = [context.Process(target=target, args=args) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()


def count(times: int = 1, method: str = "fork") -> int:
    context: Any = multiprocessing.get_context(method)
    value = context.Value("i", 0)
    run_two(add, value, times, context=context)
    return int(value.value)


def start_a_thread() -> None:
    threading.Thread(target=int).start()


def start_a_program() -> None:
    subprocess.run([sys.executable, "-c", ""], check=True)


def connect() -> None:
    with socket.socket() as client:
        client.connect(("127.0.0.1", 9))


def fork_by_hand() -> None:
    if os.fork() == 0:
        os._exit(0)


def compute_for_ever() -> None:
    while True:
        pass


def wait_for_ever_in_the_system() -> None:
    os.read(os.pipe()[0], 1)


def write_for_ever() -> None:
    value = FORK.Value("i", 0)
    while True:
        value.value = 1


def start_without_end() -> None:
    event = FORK.Event()
    while True:
        FORK.Process(target=event.wait, daemon=True).start()


def draw_lots() -> int:
    """The child takes one or two steps, and nothing of the schedule decides which."""
    value = FORK.Value("i", 0)
    run_two(add, value, 1 + os.urandom(1)[0] % 2)
    return int(value.value)


def draw_from_a_seed() -> float:
    return random.random()


def look_at_the_clock() -> tuple[bool, bool]:
    began, ticks = time.monotonic(), time.perf_counter_ns()
    time.sleep(3600)
    return time.monotonic() - began >= 3600, time.perf_counter_ns() > ticks


def remember() -> int:
    """Process 0 keeps a list from call to call, if it is the same process."""
    remembered.append(1)
    value = FORK.Value("i", 0)
    run_two(_add_remembered, value)
    return len(remembered) * 100 + int(value.value)


def _add_remembered(value: Any) -> None:
    remembered.append(1)
    add(value, len(remembered) - 1)


def use_what_is_older() -> tuple[int, int]:
    run_two(_add_older)
    return int(older.value), int(older_raw.value)


def _add_older() -> None:
    with older_lock:
        older.value += 1
        older_raw.value += 1


def _exit(code: int) -> None:
    os._exit(code)


def child_that_crashes() -> int:
    process = FORK.Process(target=_exit, args=(3,))
    process.start()
    process.join()
    return int(process.exitcode)


def _exit_holding(lock: Any) -> None:
    lock.acquire()
    os._exit(0)


def child_that_crashes_with_a_lock() -> None:
    lock = FORK.Lock()
    process = FORK.Process(target=_exit_holding, args=(lock,))
    process.start()
    process.join()
    lock.acquire()


def crash() -> None:
    os._exit(7)


def _raise_if_second(value: Any) -> None:
    with value.get_lock():
        value.value += 1
        if value.value == 2:
            raise RuntimeError("no room for two")


def child_that_raises() -> int:
    value = FORK.Value("i", 0)
    run_two(_raise_if_second, value)
    return int(value.value)


def raises() -> None:
    raise LookupError("nothing there")


def _take_both(first: Any, second: Any) -> None:
    with first, second:
        pass


def embrace() -> str:
    first, second = FORK.Lock(), FORK.Lock()
    processes = [FORK.Process(target=_take_both, args=pair) for pair in ((first, second), (second, first))]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    return "done"


def _swallow(event: Any) -> None:
    with suppress(BaseException):  # people write this
        event.wait()


def swallow_everything() -> int:
    """The first child is left in its wait when the function returns."""
    value, event = FORK.Value("i", 0), FORK.Event()
    FORK.Process(target=_swallow, args=(event,), daemon=True).start()
    run_two(add, value)
    return int(value.value)


def different_arguments() -> int:
    """What the second child is given depends on what the first one did."""
    value = FORK.Value("i", 0)
    first = FORK.Process(target=add, args=(value, 1))
    first.start()
    second = FORK.Process(target=add, args=(value, 1 + int(value.value)))
    second.start()
    first.join()
    second.join()
    return int(value.value)


def give_a_lambda() -> Any:
    return lambda: None


def give_lists() -> list[Any]:
    return [1, {"a": [2]}, {3}]


def _add_to_list(name: str) -> None:
    items: Any = ShareableList(name=name)
    items[1] += 1
    items.shm.close()


def count_in_a_list() -> int:
    items: Any = ShareableList([7, 0])
    try:
        run_two(_add_to_list, items.shm.name)
        return int(items[-1])
    finally:
        items.shm.close()
        items.shm.unlink()


def take_a_buffer() -> None:
    memory: Any = SharedMemory(create=True, size=1)
    memory.unlink()
    memory.buf[0] = 1
