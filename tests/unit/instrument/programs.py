"""Small programs for tests of the recorder, importable so that they run under every start method."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from multiprocessing.context import BaseContext
from typing import Any

from pytest_parlab.instrument import watching

HALF_A_MINUTE = 30.0
"""How long a test waits for something that has to happen; reaching it is a failure."""


def nothing() -> None:
    """Return at once."""


def add(value: Any, times: int = 1) -> None:
    for _ in range(times):
        value.value += 1


def add_locked(value: Any, lock: Any, times: int) -> None:
    for _ in range(times):
        with lock:
            value.value += 1


def add_nested(value: Any, lock: Any, times: int) -> None:
    for _ in range(times):
        with lock, lock:
            value.value += 1


def add_to_items(array: Any) -> None:
    for index in range(len(array)):
        array[index] += 1


def add_and_exit_hard(value: Any, times: int) -> None:
    add(value, times)
    os._exit(3)


def add_and_be_killed(value: Any, times: int) -> None:
    add(value, times)
    os.kill(os.getpid(), signal.SIGKILL)


def fail(text: str) -> None:
    raise ValueError(text)


def leave(code: int) -> None:
    raise SystemExit(code)


def put_numbers(queue: Any, count: int) -> None:
    for number in range(count):
        queue.put(number)


def take_numbers(queue: Any, count: int) -> None:
    for _ in range(count):
        queue.get()


def create_a_lock_and_use_it() -> None:
    with multiprocessing.Lock():
        pass


def square(number: int) -> int:
    return number * number


def reciprocal(number: int) -> float:
    return 1 / number


def use_a_lock_made_here(_: int) -> None:
    with multiprocessing.get_context("spawn").Lock():
        pass


def end_hard(_: int) -> None:
    os._exit(1)


def wait_a_while(_: int = 0) -> None:
    time.sleep(HALF_A_MINUTE)


def watch_a_lock(lock: Any, value: Any, results: Any) -> None:
    with watching() as watch:
        for _ in range(2):
            with lock:
                value.value = 1
    trace = watch.trace
    results.put(
        (
            [holding.ticket for holding in trace.holdings],
            [len(access.locks) for access in trace.accesses],
            trace.problems,
        )
    )


class Adder(multiprocessing.Process):
    """A process of the user's own kind, as courses like to write it."""

    def __init__(self, value: Any) -> None:
        super().__init__(name="adder")
        self.value = value

    def run(self) -> None:
        self.value.value += 1


def run_all(context: BaseContext, *works: tuple[Any, ...]) -> list[Any]:
    """Start a process for each function and arguments, and wait for all of them."""
    processes = [context.Process(target=target, args=arguments) for target, *arguments in works]  # type: ignore[attr-defined]
    for process in processes:
        process.start()
    for process in processes:
        process.join(HALF_A_MINUTE)
    return processes
