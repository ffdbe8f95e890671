"""What the tests let your functions do. This file runs beside your module, in the same process."""

from __future__ import annotations

import multiprocessing
import time
from typing import Any


def slow_cube(number: int) -> int:
    """Return the cube of a number, added up one by one: it keeps a core busy for some milliseconds."""
    cube = 0
    for _ in range(number * number):
        cube += number
    return cube


def negate(number: int) -> int:
    """Return the number with the other sign; the smaller it is, the later."""
    time.sleep(0.1 if number == 0 else 0.0)
    return -number


def upper_case(text: str) -> str:
    """Return the text in capital letters."""
    return text.upper()


def half(number: int) -> int:
    """Return half of an even number.

    Raises:
        ValueError: The number is odd.
    """
    if number % 2:
        raise ValueError(f"{number} is odd")
    return number // 2


def start_method(_: Any) -> str:
    """Return how this program makes new processes: some ways take longer than others."""
    return multiprocessing.get_start_method()


def map_negate(module: Any, numbers: list[int], workers: int) -> list[int]:
    """Let `map_in_parallel` change the sign of every number."""
    return list(module.map_in_parallel(negate, numbers, workers))


def map_upper_case(module: Any, texts: list[str], workers: int) -> list[str]:
    """Let `map_in_parallel` write every text in capital letters. The texts are handed over one by one."""
    return list(module.map_in_parallel(upper_case, iter(texts), workers))


def map_half(module: Any, numbers: list[int], workers: int) -> list[int]:
    """Let `map_in_parallel` halve every number."""
    return list(module.map_in_parallel(half, numbers, workers))


def map_slow_cubes(module: Any, numbers: list[int], workers: int) -> list[int]:
    """Let `map_in_parallel` compute the cubes."""
    return list(module.map_in_parallel(slow_cube, numbers, workers))


def slow_cubes_serially(_: Any, numbers: list[int]) -> list[int]:
    """Compute the same cubes one after another: what `map_in_parallel` is compared with."""
    return [slow_cube(number) for number in numbers]


def apply_negate(module: Any, numbers: list[int], workers: int) -> list[int]:
    """Let `apply_each` change the sign of every number."""
    return list(module.apply_each(negate, numbers, workers))


def apply_half(module: Any, numbers: list[int], workers: int) -> list[int]:
    """Let `apply_each` halve every number."""
    return list(module.apply_each(half, numbers, workers))
