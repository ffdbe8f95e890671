"""Programs for the simulator: small ones with known numbers of schedules, and random ones."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from tests.unit.explore.simulator import (
    EVERYTHING,
    Body,
    Program,
    acquire,
    alive,
    attempt,
    join,
    notify,
    read,
    release,
    start,
    wait,
    write,
)

Item = tuple[Any, ...]
"""One statement of a random program: its name, then its arguments."""


def adders(processes: int, times: int, *, joined: bool = True) -> Program:
    """Processes that add one to the same cell, so many times each, unguarded."""

    def add() -> Body:
        for _ in range(times):
            value = yield read("total")
            yield write("total", value + 1)

    def main() -> Body:
        children = []
        for _ in range(processes):
            children.append((yield start(add)))  # noqa: PERF401  # no yield in a comprehension
        if joined:
            for child in children:
                yield join(child)
            return (yield read("total"))
        return None

    return Program(main, {"total": 0})


def guarded(processes: int, times: int) -> Program:
    """The same under a lock."""

    def add() -> Body:
        for _ in range(times):
            yield acquire("lock")
            value = yield read("total")
            yield write("total", value + 1)
            yield release("lock")

    def main() -> Body:
        for _ in range(processes):
            yield start(add)

    return Program(main, {"total": 0}, {"lock": 1})


def strangers(processes: int, times: int) -> Program:
    """Processes that write to a cell of their own, so many times each."""

    def fill(cell: str) -> Body:
        for count in range(times):
            yield write(cell, count)

    names = [f"cell {number}" for number in range(processes)]

    def main() -> Body:
        for name in names:
            yield start(fill, name)

    return Program(main, dict.fromkeys(names))


def crosswise() -> Program:
    """Two processes that take two locks in opposite orders."""

    def take(first: str, second: str) -> Body:
        yield acquire(first)
        yield acquire(second)
        yield release(second)
        yield release(first)

    def main() -> Body:
        yield start(take, "left", "right")
        yield start(take, "right", "left")

    return Program(main, {}, {"left": 1, "right": 1})


_MIXES = (
    ("read", "write", "add"),
    ("read", "write", "acquire", "release", "attempt"),
    ("acquire", "release", "write"),
    ("acquire", "release", "attempt", "add", "wait", "notify"),
    ("acquire", "release", "alive", "write"),
    ("read", "write", "alive", "unless"),
    ("wait", "notify", "acquire", "release", "write"),
)


def random_program(seed: int) -> Program:
    """Two or three processes with a few statements each: cells, locks, semaphores, a condition, timeouts, ends."""
    rng = random.Random(seed)
    cells = ["x", "y"][: rng.randint(1, 2)]
    locks = {"m": 1, "s": rng.choice([0, 1, 2])} | ({"n": 1} if rng.random() < 0.4 else {})
    mix = rng.choice(_MIXES)
    timed = rng.random() < 0.25
    processes = rng.choice([2, 2, 3])

    def item() -> Item:
        kind = rng.choice(mix)
        match kind:
            case "read" | "write" | "add":
                return kind, rng.choice(cells), rng.randint(1, 3)
            case "acquire":
                return kind, rng.choice(list(locks)), timed and rng.random() < 0.5
            case "alive":
                return kind, rng.randint(1, processes - 1)
            case "unless":
                return kind, rng.choice(cells), rng.choice(cells), rng.choice(cells)
        return kind, "m" if kind == "wait" else rng.choice(list(locks)), rng.random() < 0.5

    def part() -> list[Item]:
        return [item() for _ in range(max(1, rng.randint(3, 7) // processes + rng.randint(-1, 1)))]

    children = [(part(),) for _ in range(processes - 1)]
    nested = rng.random() < 0.25 and processes == 3
    tree = [(children[0][0], [children[1]])] if nested else children
    joins, own = rng.random() < 0.6, part()

    def body(items: Sequence[Item], young: Sequence[Item] = ()) -> Body:
        seen: list[Any] = []
        started = []
        for child in young:
            started.append((yield start(body, *child)))  # noqa: PERF401  # the same
        for one in items:
            yield from _execute(one, seen, looks=bool(started) or not nested)
        for process in started if joins else ():
            yield join(process)
        return tuple(seen)

    return Program(lambda: body(own, tree), dict.fromkeys(cells, 0), locks, spinning=rng.random() < 0.3)


def random_array_program(seed: int) -> Program:
    """Two or three processes that read and write parts of an array, and all of it at once."""
    rng = random.Random(seed)
    cells = ["a", "b", "c"][: rng.randint(2, 3)]

    def part() -> list[Item]:
        names = [*cells, EVERYTHING]
        return [
            (rng.choice(("read", "write")), rng.choice(names), rng.randint(1, 3)) for _ in range(rng.randint(1, 3))
        ]

    def body(items: Sequence[Item]) -> Body:
        seen: list[Any] = []
        for one in items:
            yield from _execute(one, seen, looks=False)
        return tuple(seen)

    parts = [part() for _ in range(rng.choice([2, 2, 3]))]

    def main() -> Body:
        for items in parts[1:]:
            yield start(body, items)
        return (yield from body(parts[0]))

    return Program(main, dict.fromkeys(cells, 0), array=True)


def _execute(item: Item, seen: list[Any], *, looks: bool) -> Body:
    match item:
        case "read", cell, _:
            seen.append((yield read(cell)))
        case "write", cell, value:
            yield write(cell, value)
        case "add", cell, value:
            before = yield read(cell)
            yield write(cell, before + value)
        case "acquire", lock, timed:
            seen.append((yield acquire(lock, timed=timed)))
        case "release", lock, _:
            yield release(lock)
        case "attempt", lock, _:
            seen.append((yield attempt(lock)))
        case "notify", lock, everybody:
            yield notify(lock, everybody=everybody)
        case "wait", lock, _:
            yield wait(lock)
        case "alive", process if looks:
            seen.append((yield alive(process)))
        case "unless", cell, written, looked_at:
            if (yield read(cell)):
                yield write(written, 5)
            else:
                seen.append((yield read(looked_at)))
