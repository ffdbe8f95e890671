"""Parallel programs of many shapes, each with the serial program that does the same work."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

SIZE = 300_000
"""Iterations of a piece of work: about 20 ms."""


def work(size: int) -> int:
    """Compute for a time in proportion to `size`."""
    total = 0
    for number in range(size):
        total += number * number % 7
    return total


def work_on(data: bytes) -> int:
    """The same, with an argument that has to be carried."""
    return work(SIZE) + data[0]


def serially(sizes: list[int]) -> list[int]:
    """The baseline of all shapes."""
    return [work(size) for size in sizes]


def in_a_pool(sizes: list[int], chunksize: int, method: str = "fork") -> list[int]:
    """`multiprocessing.Pool.map`."""
    with multiprocessing.get_context(method).Pool(2) as pool:
        return pool.map(work, sizes, chunksize)


def in_an_executor(sizes: list[int]) -> list[int]:
    """`ProcessPoolExecutor.map`, one task for each item."""
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("fork")) as executor:
        return list(executor.map(work, sizes))


def in_threads(sizes: list[int]) -> list[int]:
    """`ThreadPoolExecutor.map`."""
    with ThreadPoolExecutor(2) as executor:
        return list(executor.map(work, sizes))


def in_two_rounds(sizes: list[int]) -> list[int]:
    """The second half is handed over when the first is done."""
    half = len(sizes) // 2
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("fork")) as executor:
        return list(executor.map(work, sizes[:half])) + list(executor.map(work, sizes[half:]))


def with_a_serial_part(sizes: list[int]) -> list[int]:
    """A quarter of the work is done by the main process, before the rest."""
    quarter = len(sizes) // 4
    first = serially(sizes[:quarter])
    return first + in_a_pool(sizes[quarter:], 1)


def in_processes(sizes: list[int]) -> list[int]:
    """One bare process for each half."""
    context = multiprocessing.get_context("fork")
    started = [context.Process(target=serially, args=(half,)) for half in (sizes[::2], sizes[1::2])]
    for process in started:
        process.start()
    for process in started:
        process.join()
    return []


def with_large_arguments(count: int) -> list[int]:
    """A mebibyte travels with each task."""
    with multiprocessing.get_context("fork").Pool(2) as pool:
        return pool.map(work_on, [bytes(1 << 20)] * count, 1)


@dataclass(frozen=True, slots=True)
class Shape:
    """A parallel program and its serial counterpart."""

    name: str
    candidate: Callable[[], object]
    baseline: Callable[[], object]


def _shape(name: str, function: Callable[[list[int]], object], sizes: list[int]) -> Shape:
    return Shape(name, partial(function, sizes), partial(serially, sizes))


EVEN = [SIZE] * 12
UNEVEN = [SIZE * factor for factor in (1, 1, 1, 6, 1, 1, 2, 1)]

SHAPES = (
    _shape("even tasks, pool", partial(in_a_pool, chunksize=1), EVEN),
    _shape("even tasks, executor", in_an_executor, EVEN),
    _shape("fine tasks (1 ms), pool", partial(in_a_pool, chunksize=1), [SIZE // 20] * 240),
    _shape("fine tasks (1 ms), executor", in_an_executor, [SIZE // 20] * 240),
    _shape("uneven tasks, pool", partial(in_a_pool, chunksize=1), UNEVEN),
    _shape("two rounds, executor", in_two_rounds, EVEN),
    _shape("a quarter serial, pool", with_a_serial_part, EVEN),
    _shape("two bare processes", in_processes, EVEN),
    _shape("1 MiB arguments, pool", lambda sizes: with_large_arguments(len(sizes)), EVEN),
    _shape("even tasks, pool by spawn", partial(in_a_pool, chunksize=1, method="spawn"), EVEN * 2),
    _shape("threads", in_threads, EVEN),
)
