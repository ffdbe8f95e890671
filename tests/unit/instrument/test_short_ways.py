"""The short ways of the hooks count what the long way records: the same program leaves the same trace by both."""

from __future__ import annotations

import ctypes
import multiprocessing
import random
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from pytest_parlab.instrument import recorder, watching
from pytest_parlab.instrument.folding import Fold
from pytest_parlab.trace.model import Trace

STEPS = 400


class Point(ctypes.Structure):
    _fields_ = (("x", ctypes.c_int), ("y", ctypes.c_double))


class Shared:
    """One of everything that is accessed, and one method for each way to do so."""

    def __init__(self) -> None:
        context = multiprocessing.get_context()
        self.value, self.array = context.Value("i", 0), context.Array("i", 6)
        self.raw, self.raw_array = context.RawValue("i", 0), context.RawArray("d", 6)
        self.point: Any = context.RawValue(Point)
        self.points: Any = context.RawArray(Point, 2)
        self.synchronized_point: Any = context.Value(Point)
        self.given_out: Any = self.value.get_obj()
        self.text: Any = context.Array("c", 4)
        self.lock, self.other = context.Lock(), context.RLock()
        self.event = context.Event()

    def add(self) -> None:
        self.value.value += 1

    def add_twice(self) -> None:
        self.value.value += 1
        self.value.value = self.value.value + 1

    def add_locked(self) -> None:
        with self.lock:
            self.value.value += self.raw.value

    def add_under_both(self) -> None:
        with self.lock, self.other:
            self.value.value += 1
            self.raw.value += 1

    def take_and_give(self) -> None:
        self.lock.acquire()
        self.value.value += 1
        self.lock.release()

    def give_in_two_places(self) -> None:
        for turn in range(6):
            assert self.other.acquire()
            assert self.other.acquire(timeout=1)
            self.other.release()
            if turn % 3:
                self.other.release()
            else:
                self.other.release()

    def take_by_one_and_give_by_the_other(self) -> None:
        with self.lock:
            self.lock.release()
            assert self.lock.acquire(block=False)
            assert not self.lock.acquire(block=False)
        self.lock.acquire()
        self.lock.__exit__(None, None, None)

    def add_raw(self) -> None:
        self.raw.value += 1

    def reset_raw(self) -> None:
        self.raw.value = 0

    def add_past_the_lock(self) -> None:
        self.given_out.value += 1

    def look_past_the_lock(self) -> None:
        assert self.value.value == self.given_out.value

    def add_to_items(self) -> None:
        for i in range(5):
            self.array[i] += self.array[i - 1]

    def add_to_raw_items(self) -> None:
        for i in range(-3, 6):
            self.raw_array[i] += self.raw_array[i - 1]

    def slice(self) -> None:
        self.array[1:3] = self.array[2:4]
        assert len(self.array[:]) == 6
        assert len(self.array[5:2:-2]) == 2

    def slice_raw(self) -> None:
        self.raw_array[1:3] = self.raw_array[2:4]
        assert len(self.raw_array[::2]) == 3

    def move(self) -> None:
        self.point.x += 1
        self.point.y = self.point.x
        self.points[1].x = self.points[0].x + 1
        self.synchronized_point.x += 1

    def write_text(self) -> None:
        self.text.value = b"ab"

    def be_refused(self) -> None:
        refusing: Any = ((self.raw_array, 1), (self.raw_array, 6), (self.array, 1), (self.raw_array, "x"))
        for thing, index in refusing:
            with pytest.raises((TypeError, IndexError)):
                thing[index] = "no number"
        for number in (self.raw, self.point, self.value):
            with pytest.raises(TypeError):
                setattr(number, "x" if number is self.point else "value", "no number")

    def poll(self) -> None:
        while self.value.value < 0 or self.raw.value < 0:
            pass

    def synchronise(self) -> None:
        self.event.set()


WAYS: list[Callable[[Shared], None]] = [
    way for name, way in vars(Shared).items() if callable(way) and not name.startswith("__")
]


def run(steps: Iterable[int], *, short: bool) -> Trace:
    with watching() as watch:
        record = recorder.active
        assert record is not None
        if not short:
            record.lone = recorder._NOBODY
        shared = Shared()
        for step in steps:
            WAYS[step](shared)
    return watch.trace


def told(trace: Trace) -> list[tuple[object, ...]]:
    """Everything that is known of the accesses of a trace, but for numbers that are given anew in each watch."""
    blocks = {block: number for number, block in enumerate(dict.fromkeys(a.cell[0] for a in trace.accesses))}
    return [
        (
            access.kind,
            (blocks[access.cell[0]], access.cell[1]),
            (access.site.line, access.site.column),
            None if access.previous is None else (access.previous.kind, access.previous.site.line),
            (access.count, access.version, access.last_version),
            (len(access.locks), len(access.kept), access.broken_by, access.raw, access.purpose),
            (access.strand, access.clock),  # its position depends on how long locks were held
        )
        for access in trace.accesses
    ]


def held(trace: Trace) -> Counter[tuple[object, ...]]:
    """How often locks were held from one place to another; how many times are one series depends on the clock."""
    found: Counter[tuple[object, ...]] = Counter()
    for holding in trace.holdings:
        sites = (holding.site, holding.release_site)
        found[tuple(None if site is None else (site.line, site.column) for site in sites)] += holding.count
    return found


@pytest.mark.parametrize("seed", range(8))
def test_the_short_ways_and_the_long_way_leave_the_same_trace(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ways to access shared memory in a random order, some of them many times in a row."""

    def one_by_one(self: Fold, record: Any, kind: int, indexes: range, *where: Any) -> None:
        frame, words = where
        for index in indexes:
            self.access(record, kind, index, frame, words, index)

    chosen = random.Random(seed)
    look, add = WAYS.index(Shared.look_past_the_lock), WAYS.index(Shared.add)
    steps = [look, look, look, add, look]  # the value has no word of its own before it is written
    while len(steps) < STEPS:
        steps += [chosen.randrange(len(WAYS))] * chosen.choice((1, 1, 2, 9))
    short = run(steps, short=True)
    monkeypatch.setattr(Fold, "sweep", one_by_one)
    long = run(steps, short=False)
    assert told(short) == told(long)
    assert held(short) == held(long)
    assert short.accesses


def _repeat(results: Any) -> None:
    gone: list[int] = []
    original: Any = Fold.access

    def access(self: Fold, record: recorder.Recorder, kind: int, *rest: Any) -> Any:
        gone.append(kind)
        return original(self, record, kind, *rest)

    Fold.access = access  # type: ignore[assignment, method-assign]
    shared = Shared()
    for _ in range(3):  # recorded, then met after itself, then counted
        gone.clear()
        for _ in range(50):
            shared.value.value += 1
        for _ in range(50):
            shared.raw.value += 1
        for _ in range(50):
            shared.raw_array[2] += 1
        for _ in range(50):
            shared.point.x += 1
        for _ in range(50):
            shared.slice_raw()
    results.put(len(gone))


def test_the_short_ways_are_taken() -> None:
    """What was met before does not go the long way any more, in a process that has one thread."""
    context = multiprocessing.get_context("fork")
    with watching():
        results = context.SimpleQueue()
        process = context.Process(target=_repeat, args=(results,))
        process.start()
        process.join(60)
        assert process.exitcode == 0
        assert results.get() < 50
