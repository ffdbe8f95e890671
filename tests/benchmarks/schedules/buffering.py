"""Buffers between a producer and a consumer who count on taking turns."""

from __future__ import annotations

from typing import Any

from tests.benchmarks.schedules.running import run, wrong

NOTHING = -1


class Log:
    """A buffer of ten entries that is filled from the beginning and read from the beginning."""

    SIZE = 10

    def __init__(self, context: Any) -> None:
        self.lock = context.Lock()
        self.entries = context.Array("i", self.SIZE)
        self.first = context.Value("i", 0)
        self.next = context.Value("i", 0)
        self.may_send = context.Value("b", 1)
        self.may_receive = context.Value("b", 0)

    def insert(self, entry: int) -> None:
        if self.next.value < self.SIZE:
            self.entries[self.next.value] = entry
            self.next.value = (self.next.value + 1) % self.SIZE

    def remove(self) -> int:
        if self.next.value > 0 and self.first.value < self.SIZE:
            self.first.value += 1
            return int(self.entries[self.first.value - 1])
        return NOTHING


ENTRIES = 7


def _send(log: Log) -> None:
    for number in range(ENTRIES):
        with log.lock:
            if log.may_send.value:
                log.insert(number)
                log.may_send.value = 0
                log.may_receive.value = 1


def _receive(log: Log) -> None:
    for number in range(ENTRIES):
        with log.lock:
            if log.may_receive.value:
                if log.remove() != number:
                    wrong()
                log.may_receive.value = 0
                log.may_send.value = 1


def circular_buffer(context: Any) -> None:
    """Sender and receiver number their turns, and one who finds it is not its turn counts on all the same."""
    log = Log(context)
    run(context.Process(target=_send, args=(log,)), context.Process(target=_receive, args=(log,)))


class Line:
    """A queue in shared memory, with a second list of what went in."""

    SIZE = 20

    def __init__(self, context: Any) -> None:
        self.lock = context.Lock()
        self.places = context.Array("i", self.SIZE + 1)
        self.head = context.Value("i", 0)
        self.tail = context.Value("i", 0)
        self.amount = context.Value("i", 0)
        self.stored = context.Array("i", self.SIZE)
        self.may_put = context.Value("b", 1)
        self.may_take = context.Value("b", 0)

    def put(self, item: int) -> None:
        self.places[self.tail.value] = item
        self.amount.value += 1
        if self.tail.value == self.SIZE:
            self.tail.value = 1
        else:
            self.tail.value += 1

    def take(self) -> int:
        item = int(self.places[self.head.value])
        self.amount.value -= 1
        if self.head.value == self.SIZE:
            self.head.value = 1
        else:
            self.head.value += 1
        return item

    def is_empty(self) -> bool:
        return bool(self.head.value == self.tail.value)


def _fill(line: Line) -> None:
    item = 0
    with line.lock:
        line.put(item)
        line.stored[0] = item
        if line.is_empty():
            wrong()
    for place in range(1, line.SIZE):
        with line.lock:
            if line.may_put.value:
                item += 1
                line.put(item)
                line.stored[place] = item
                line.may_put.value = 0
                line.may_take.value = 1


def _drain(line: Line) -> None:
    for place in range(line.SIZE):
        with line.lock:
            if line.may_take.value:
                if line.take() != line.stored[place]:
                    wrong()
                line.may_take.value = 0
                line.may_put.value = 1


def queue(context: Any) -> None:
    """What is taken is compared with what was stored in the same turn, but turns are lost on both sides."""
    line = Line(context)
    assert line.is_empty()
    run(context.Process(target=_fill, args=(line,)), context.Process(target=_drain, args=(line,)))


class Stack:
    """A stack of ten, and a flag that says that something was put on it."""

    SIZE = 10

    def __init__(self, context: Any) -> None:
        self.lock = context.Lock()
        self.items = context.Array("i", self.SIZE)
        self.top = context.Value("i", 0)
        self.filled = context.Value("b", 0)

    def push(self, item: int) -> None:
        if self.top.value == self.SIZE:
            wrong()
        self.items[self.top.value] = item
        self.top.value += 1

    def pop(self) -> int:
        if self.top.value == 0:
            wrong()
        self.top.value -= 1
        return int(self.items[self.top.value])


def _push_all(pile: Stack) -> None:
    for number in range(pile.SIZE):
        with pile.lock:
            pile.push(number)
            pile.filled.value = 1


def _pop_all(pile: Stack) -> None:
    for _ in range(pile.SIZE):
        with pile.lock:
            if pile.filled.value:
                pile.pop()


def stack(context: Any) -> None:
    """The flag that something is on the stack is set by each push, and no pop ever takes it back."""
    pile = Stack(context)
    run(context.Process(target=_push_all, args=(pile,)), context.Process(target=_pop_all, args=(pile,)))
