"""The CS programs of SCTBench for the simulator: the same shared operations in the same order, in our own words.

A process that sees what must not be raises AssertionError; a program whose bug is a deadlock does not end. Where
process 0 is the first thread of the original, it starts the others and waits for them in the end.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.unit.explore.simulator import Body, Program, acquire, join, notify, read, release, start, wait, write


def wrong() -> None:
    raise AssertionError("wrong")


def together(*bodies: tuple[Any, ...]) -> Body:
    """Start them in this order, and wait for them."""
    started = []
    for body in bodies:
        started.append((yield start(*body)))  # noqa: PERF401  # no yield in a comprehension
    for process in started:
        yield join(process)


def increase(cell: str, by: int = 1) -> Body:
    value = yield read(cell)
    yield write(cell, value + by)


def account() -> Program:
    def book(amount: int, done: str) -> Body:
        yield acquire("lock")
        yield from increase("balance", amount)
        yield write(done, 1)
        yield release("lock")

    def audit() -> Body:
        yield acquire("lock")
        if (yield read("deposited")) and (yield read("withdrawn")) and (yield read("balance")) != -5:
            wrong()
        yield release("lock")

    cells = {"balance": 1, "deposited": 0, "withdrawn": 0}
    return Program(lambda: together((audit,), (book, 2, "deposited"), (book, -4, "withdrawn")), cells, {"lock": 1})


def lazy01() -> Program:
    def add(amount: int) -> Body:
        yield acquire("lock")
        yield from increase("data", amount)
        yield release("lock")

    def check() -> Body:
        yield acquire("lock")
        if (yield read("data")) >= 3:
            wrong()
        yield release("lock")

    return Program(lambda: together((add, 1), (add, 2), (check,)), {"data": 0}, {"lock": 1})


def reorder(setters: int, checkers: int) -> Callable[[], Program]:
    def set_both() -> Body:
        yield write("a", 1)
        yield write("b", -1)

    def check() -> Body:
        # As `not ((a == 0 and b == 0) or (a == 1 and b == -1))` reads them.
        if not (
            ((yield read("a")) == 0 and (yield read("b")) == 0)
            or ((yield read("a")) == 1 and (yield read("b")) == -1)
        ):
            wrong()

    return lambda: Program(lambda: together(*[(set_both,)] * setters, *[(check,)] * checkers), {"a": 0, "b": 0})


def two_stages(writers: int) -> Callable[[], Program]:
    def fill() -> Body:
        yield acquire("one")
        yield write("first", 1)
        yield release("one")
        yield acquire("two")
        yield write("second", (yield read("first")) + 1)
        yield release("two")

    def look() -> Body:
        yield acquire("one")
        seen = yield read("first")
        if seen:
            seen = yield read("first")
        yield release("one")
        if not seen:
            return
        yield acquire("two")
        behind = yield read("second")
        yield release("two")
        if behind != seen + 1:
            wrong()

    return lambda: Program(
        lambda: together(*[(fill,)] * writers, (look,)), {"first": 0, "second": 0}, {"one": 1, "two": 1}
    )


def token_ring() -> Program:
    def pass_on(source: int, target: int) -> Body:
        yield acquire("lock")
        value = yield read(f"cell {source}")
        yield write(f"cell {target}", value if target else (value + 1) % 4)
        yield write(f"done {target}", 1)
        yield release("lock")

    def compare() -> Body:
        yield acquire("lock")
        if (yield read("done 0")) and (yield read("done 1")) and (yield read("done 2")):
            cells = []
            for at in range(3):
                cells.append((yield read(f"cell {at}")))  # noqa: PERF401  # no yield in a comprehension
            if len(set(cells)) > 1:
                wrong()
        yield release("lock")

    cells = {"cell 0": 1, "cell 1": 2, "cell 2": 1, "done 0": 0, "done 1": 0, "done 2": 0}
    return Program(
        lambda: together((pass_on, 2, 0), (pass_on, 0, 1), (pass_on, 1, 2), (compare,)), cells, {"lock": 1}
    )


def deadlock01() -> Program:
    def take(first: str, second: str, by: int) -> Body:
        yield acquire(first)
        yield acquire(second)
        yield from increase("counter", by)
        yield release(second)
        yield release(first)

    return Program(
        lambda: together((take, "left", "right", 1), (take, "right", "left", -1)),
        {"counter": 1},
        {"left": 1, "right": 1},
    )


def phase01() -> Program:
    def twice() -> Body:
        yield acquire("x")
        yield release("x")
        yield acquire("x")
        for _ in range(2):
            yield acquire("y")
            yield release("y")

    return Program(lambda: together((twice,), (twice,)), {}, {"x": 1, "y": 1})


def carter01() -> Program:
    def enter(inside: str) -> Body:
        yield acquire("door")
        yield from increase(inside)
        if (yield read(inside)) == 1:
            yield acquire("room")
        yield release("door")
        yield acquire("door")
        yield from increase(inside, -1)
        if (yield read(inside)) == 0:
            yield release("room")
        yield release("door")

    def pass_by() -> Body:
        yield from ()

    return Program(
        lambda: together((enter, "ours"), (enter, "theirs"), (pass_by,), (pass_by,)),
        {"ours": 0, "theirs": 0},
        {"door": 1, "room": 1},
    )


def wronglock(others: int) -> Callable[[], Program]:
    def grow_and_look() -> Body:
        yield acquire("lock")
        before = yield read("total")
        yield from increase("total")
        if (yield read("total")) != before + 1:
            wrong()
        yield release("lock")

    def grow() -> Body:
        yield acquire("other")
        yield from increase("total")
        yield release("other")

    return lambda: Program(
        lambda: together((grow_and_look,), *[(grow,)] * others), {"total": 0}, {"lock": 1, "other": 1}
    )


def sync(count: int, times: int, *, takes: bool) -> Callable[[], Program]:
    def wait_while(done: Callable[[int], bool], mine: str) -> Body:
        while done((yield read("count"))):
            yield wait(mine)

    def produce() -> Body:
        for _ in range(times):
            yield acquire("empty")
            yield from wait_while(lambda value: value > 0, "empty")
            yield from increase("count")
            yield release("empty")
            yield notify("full")

    def consume() -> Body:
        for _ in range(times):
            yield acquire("full")
            yield from wait_while(lambda value: value == 0, "full")
            if takes:
                yield from increase("count", -1)
            yield release("full")
            yield notify("empty")

    return lambda: Program(lambda: together((produce,), (consume,)), {"count": count}, {"empty": 1, "full": 1})


def bluetooth_driver() -> Program:
    def leave() -> Body:
        yield acquire("pending lock")
        yield from increase("pending", -1)
        left = yield read("pending")
        yield release("pending lock")
        if left == 0:
            yield write("may stop", 1)

    def stop() -> Body:
        yield write("stopping", 1)
        yield from leave()
        if (yield read("may stop")):
            yield write("stopped", 1)

    def main() -> Body:
        child = yield start(stop)
        if not (yield read("stopping")):
            yield acquire("pending lock")
            yield from increase("pending")
            yield release("pending lock")
            if (yield read("stopped")):
                wrong()
        yield from leave()
        yield join(child)

    cells = {"pending": 1, "stopping": 0, "may stop": 0, "stopped": 0}
    return Program(main, cells, {"pending lock": 1})


def circular_buffer() -> Program:
    size, entries = 10, 7

    def send() -> Body:
        for number in range(entries):
            yield acquire("lock")
            if (yield read("may send")):
                if (yield read("next")) < size:
                    at = yield read("next")
                    yield write(f"entry {at}", number)
                    yield write("next", ((yield read("next")) + 1) % size)
                yield write("may send", 0)
                yield write("may receive", 1)
            yield release("lock")

    def remove() -> Body:
        if (yield read("next")) > 0 and (yield read("first")) < size:
            yield from increase("first")
            return (yield read(f"entry {(yield read('first')) - 1}"))
        return -1

    def receive() -> Body:
        for number in range(entries):
            yield acquire("lock")
            if (yield read("may receive")):
                if (yield from remove()) != number:
                    wrong()
                yield write("may receive", 0)
                yield write("may send", 1)
            yield release("lock")

    cells = {"first": 0, "next": 0, "may send": 1, "may receive": 0} | {f"entry {at}": 0 for at in range(size)}
    return Program(lambda: together((send,), (receive,)), cells, {"lock": 1})


def queue() -> Program:
    size = 20

    def put(item: int) -> Body:
        yield write(f"place {(yield read('tail'))}", item)
        yield from increase("amount")
        if (yield read("tail")) == size:
            yield write("tail", 1)
        else:
            yield from increase("tail")

    def take() -> Body:
        item = yield read(f"place {(yield read('head'))}")
        yield from increase("amount", -1)
        if (yield read("head")) == size:
            yield write("head", 1)
        else:
            yield from increase("head")
        return item

    def fill() -> Body:
        item = 0
        for place in range(size):
            yield acquire("lock")
            if place == 0:
                yield from put(item)
                yield write("stored 0", item)
                if (yield read("head")) == (yield read("tail")):
                    wrong()
            elif (yield read("may put")):
                item += 1
                yield from put(item)
                yield write(f"stored {place}", item)
                yield write("may put", 0)
                yield write("may take", 1)
            yield release("lock")

    def drain() -> Body:
        for place in range(size):
            yield acquire("lock")
            if (yield read("may take")):
                if (yield from take()) != (yield read(f"stored {place}")):
                    wrong()
                yield write("may take", 0)
                yield write("may put", 1)
            yield release("lock")

    cells = {"head": 0, "tail": 0, "amount": 0, "may put": 1, "may take": 0}
    cells |= {f"place {at}": 0 for at in range(size + 1)} | {f"stored {at}": 0 for at in range(size)}
    return Program(lambda: together((fill,), (drain,)), cells, {"lock": 1})


def stack() -> Program:
    size = 10

    def push_all() -> Body:
        for number in range(size):
            yield acquire("lock")
            if (yield read("top")) == size:
                wrong()
            yield write(f"item {(yield read('top'))}", number)
            yield from increase("top")
            yield write("filled", 1)
            yield release("lock")

    def pop_all() -> Body:
        for _ in range(size):
            yield acquire("lock")
            if (yield read("filled")):
                if (yield read("top")) == 0:
                    wrong()
                yield from increase("top", -1)
                yield read(f"item {(yield read('top'))}")
            yield release("lock")

    cells = {"top": 0, "filled": 0} | {f"item {at}": 0 for at in range(size)}
    return Program(lambda: together((push_all,), (pop_all,)), cells, {"lock": 1})


PROGRAMS: dict[str, Callable[[], Program]] = {
    "account": account,
    "bluetooth_driver": bluetooth_driver,
    "carter01": carter01,
    "circular_buffer": circular_buffer,
    "deadlock01": deadlock01,
    "lazy01": lazy01,
    "phase01": phase01,
    "queue": queue,
    "reorder_3": reorder(2, 1),
    "reorder_4": reorder(3, 1),
    "reorder_5": reorder(4, 1),
    "reorder_10": reorder(9, 1),
    "reorder_20": reorder(10, 10),
    "stack": stack,
    "sync01": sync(1, 1, takes=False),
    "sync02": sync(2, 2, takes=True),
    "token_ring": token_ring,
    "twostage": two_stages(1),
    "twostage_20": two_stages(19),
    "twostage_100": two_stages(99),
    "wronglock": wronglock(7),
    "wronglock_3": wronglock(3),
}
