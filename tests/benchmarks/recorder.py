"""What a watch costs what it watches: the same operations with and without one, in turn."""

from __future__ import annotations

import ctypes
import multiprocessing
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from pytest_parlab.instrument import watching
from tests.benchmarks import merging
from tests.benchmarks.side_by_side import Line

ROUNDS = 15
OPERATIONS = 10_000
ITEMS = 8
STARTS = 4

_Make = Callable[[], Callable[[int], None]]


class _Point(ctypes.Structure):
    _fields_ = (("x", ctypes.c_int), ("y", ctypes.c_double))


@dataclass(frozen=True, slots=True)
class _Operation:
    """Something that is done many times in a row.

    Attributes:
        name: What it is.
        make: Makes what it is done with anew, and gives the function that does it so many times.
        most: The promise: its seconds under a watch over those without one; 0 if there is none.
        times: How often it is done for one measurement.
        clock: Seconds: by default those in which this thread ran, which others on a busy machine lengthen least.
    """

    name: str
    make: _Make
    most: float = 0.0
    times: int = OPERATIONS
    clock: Callable[[], float] = time.thread_time


def _repeated(statement: str, **things: Callable[[], Any]) -> _Make:
    """Repeat a statement about things that go by these names."""
    source = f"def run(times):\n    for _ in range(times):\n        {statement}\n"

    def make() -> Callable[[int], None]:
        names: dict[str, Any] = {name: thing() for name, thing in things.items()}
        exec(compile(source, "<benchmark>", "exec"), names)  # noqa: S102 - a loop with nothing else in it
        run: Callable[[int], None] = names["run"]
        return run

    return make


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


def _operations() -> Iterator[_Operation]:
    context: Any = multiprocessing.get_context()

    def value() -> Any:
        return context.Value("i", 0)

    def array() -> Any:
        return context.Array("i", ITEMS)

    def raw() -> Any:
        return context.RawValue("i", 0)

    def raw_array() -> Any:
        return context.RawArray("i", ITEMS)

    sweep = f"for i in range({ITEMS}): it[i] += 1"
    most_of_value, most_of_raw, most_of_lock, most_of_start = 3.5, 10.0, 4.0, 1.1
    yield _Operation("read of a Value", _repeated("it.value", it=value), most_of_value)
    yield _Operation("write of a Value", _repeated("it.value = 1", it=value), most_of_value)
    yield _Operation("read of an Array item", _repeated("it[3]", it=array), most_of_value)
    yield _Operation("write of an Array item", _repeated("it[3] = 1", it=array), most_of_value)
    yield _Operation(f"slice of {ITEMS - 2} Array items", _repeated("it[1:-1]", it=array))
    yield _Operation(f"sweep of {ITEMS} Array items", _repeated(sweep, it=array), times=OPERATIONS // ITEMS)
    yield _Operation("read of a RawValue", _repeated("it.value", it=raw), most_of_raw)
    yield _Operation("write of a RawValue", _repeated("it.value = 1", it=raw), most_of_raw)
    yield _Operation("read of a RawArray item", _repeated("it[3]", it=raw_array), most_of_raw)
    yield _Operation("write of a RawArray item", _repeated("it[3] = 1", it=raw_array), most_of_raw)
    yield _Operation(f"slice of {ITEMS - 2} RawArray items", _repeated("it[1:-1]", it=raw_array))
    yield _Operation(f"sweep of {ITEMS} RawArray items", _repeated(sweep, it=raw_array), times=OPERATIONS // ITEMS)
    yield _Operation("read of a raw field", _repeated("it.x", it=lambda: context.RawValue(_Point)))
    yield _Operation("with block of a Lock", _repeated("with it: pass", it=context.Lock), most_of_lock)
    yield _Operation(
        "acquire and release of a Lock", _repeated("it.acquire(); it.release()", it=context.Lock), most_of_lock
    )
    yield _Operation("locked += of a Value", _repeated("with it.get_lock(): it.value += 1", it=value))
    yield _Operation("locked += of a RawValue", _repeated("with lock: it.value += 1", it=raw, lock=context.Lock))
    yield _Operation(
        "put and get of a SimpleQueue",
        _repeated("it.put(1); it.get()", it=context.SimpleQueue),
        times=OPERATIONS // 4,
    )
    for method in multiprocessing.get_all_start_methods():
        yield _Operation(f"start and join by {method}", _start(method), most_of_start, STARTS, time.perf_counter)


def _timed(operation: _Operation) -> float:
    run = operation.make()
    run(max(operation.times // 100, 1))
    began = operation.clock()
    run(operation.times)
    return (operation.clock() - began) / operation.times


def _pair(operation: _Operation) -> tuple[float, float]:
    """Seconds of an operation without a watch and under one: the least of some rounds, which others disturb least."""
    plain: list[float] = []
    watched: list[float] = []
    for _ in range(ROUNDS):
        plain.append(_timed(operation))
        with watching():
            watched.append(_timed(operation))
    return min(plain), min(watched)


def recorder() -> Iterator[Line]:
    """Seconds of an operation under a watch over seconds without one; then what becomes of what was recorded."""
    for operation in _operations():
        plain, watched = _pair(operation)
        ratio = watched / plain
        promise = f" (promised: at most {operation.most})" if operation.most else ""
        yield Line(
            f"{operation.name:32} {plain * 1e6:10.2f} us {watched * 1e6:10.2f} us   ratio {ratio:5.2f}{promise}",
            kept=not operation.most or ratio <= operation.most,
        )
    yield from merging.sizes()
    yield from merging.rates()
    yield from merging.memory()
