"""What a watch costs what it watches: the same operations with and without one, in turn."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Iterator
from statistics import median
from typing import Any

from pytest_parlab.instrument import watching
from tests.benchmarks.side_by_side import Line

ROUNDS = 7
OPERATIONS = 20_000
STARTS = 8

_Make = Callable[[], Callable[[int], None]]


def _read() -> Callable[[int], None]:
    value = multiprocessing.Value("i", 0)

    def run(times: int) -> None:
        for _ in range(times):
            value.value  # noqa: B018 - the reading is what is measured

    return run


def _write() -> Callable[[int], None]:
    value = multiprocessing.Value("i", 0)

    def run(times: int) -> None:
        for _ in range(times):
            value.value = 1

    return run


def _add_locked() -> Callable[[int], None]:
    value = multiprocessing.Value("i", 0)

    def run(times: int) -> None:
        for _ in range(times):
            with value.get_lock():
                value.value += 1

    return run


def _item() -> Callable[[int], None]:
    array = multiprocessing.Array("i", 8)

    def run(times: int) -> None:
        for _ in range(times):
            array[3] = 1

    return run


def _acquire() -> Callable[[int], None]:
    lock = multiprocessing.Lock()

    def run(times: int) -> None:
        for _ in range(times):
            lock.acquire()
            lock.release()

    return run


def _with() -> Callable[[int], None]:
    lock = multiprocessing.Lock()

    def run(times: int) -> None:
        for _ in range(times):
            with lock:
                pass

    return run


def _queue() -> Callable[[int], None]:
    queue: Any = multiprocessing.SimpleQueue()

    def run(times: int) -> None:
        for _ in range(times // 4):
            queue.put(1)
            queue.get()

    return run


def _nothing() -> None:
    """What the processes of the benchmark do."""


def _start(method: str) -> _Make:
    context: Any = multiprocessing.get_context(method)

    def make() -> Callable[[int], None]:
        def run(times: int) -> None:
            for _ in range(times):
                process = context.Process(target=_nothing)
                process.start()
                process.join()

        return run

    return make


def _timed(make: _Make, times: int) -> float:
    run = make()
    run(max(times // 100, 1))
    began = time.perf_counter()
    run(times)
    return (time.perf_counter() - began) / times


def _pair(make: _Make, times: int) -> tuple[float, float]:
    plain: list[float] = []
    watched: list[float] = []
    for _ in range(ROUNDS):
        plain.append(_timed(make, times))
        with watching():
            watched.append(_timed(make, times))
    return median(plain), median(watched)


def recorder() -> Iterator[Line]:
    """Seconds of an operation under a watch over seconds without one."""
    operations: dict[str, tuple[_Make, int]] = {
        "read of a Value": (_read, OPERATIONS),
        "write of a Value": (_write, OPERATIONS),
        "locked += of a Value": (_add_locked, OPERATIONS),
        "write of an Array item": (_item, OPERATIONS),
        "acquire and release of a Lock": (_acquire, OPERATIONS),
        "with block of a Lock": (_with, OPERATIONS),
        "put and get of a SimpleQueue": (_queue, OPERATIONS),
    }
    for method in multiprocessing.get_all_start_methods():
        operations[f"start and join by {method}"] = (_start(method), STARTS)
    for name, (make, times) in operations.items():
        plain, watched = _pair(make, times)
        yield Line(f"{name:32} {plain * 1e6:10.2f} us {watched * 1e6:10.2f} us   ratio {watched / plain:5.2f}")
