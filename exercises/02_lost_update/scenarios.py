"""What the tests let your functions do. This file runs beside your module, in the same process."""

from __future__ import annotations

from multiprocessing import Array, Lock, Process, Value
from typing import Any


def _run(target: Any, arguments: tuple[Any, ...], workers: int) -> list[int | None]:
    """Run `target` in as many processes as there are `workers`, all at once: their exit codes."""
    processes = [Process(target=target, args=arguments) for _ in range(workers)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    return [process.exitcode for process in processes]


def add_alone(module: Any, start: int, times: int) -> int:
    """Call `add_many` in this process, with nobody else around: the number afterwards."""
    number = Value("q", start)
    module.add_many(number, times, Lock())
    return int(number.value)


def add_from_processes(module: Any, workers: int, times: int) -> tuple[int, list[int | None]]:
    """Run `add_many` in several processes on one number: the number afterwards, and the exit codes."""
    number = Value("q", 0)
    exit_codes = _run(module.add_many, (number, times, Lock()), workers)
    return int(number.value), exit_codes


def add_to_all_alone(module: Any, start: list[int], times: int) -> list[int]:
    """Call `add_to_all` in this process, with nobody else around: the numbers afterwards."""
    numbers = Array("q", start)
    module.add_to_all(numbers, times, Lock())
    return list(numbers[:])


def add_to_all_from_processes(
    module: Any, start: list[int], workers: int, times: int
) -> tuple[list[int], list[int | None]]:
    """Run `add_to_all` in several processes on one array: the numbers afterwards, and the exit codes."""
    numbers = Array("q", start)
    exit_codes = _run(module.add_to_all, (numbers, times, Lock()), workers)
    return list(numbers[:]), exit_codes
