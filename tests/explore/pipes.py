"""Pipes: what was sent comes in order, and an end that is closed is known to be."""

from __future__ import annotations

from multiprocessing import connection
from typing import Any

from pytest_parlab.explore.exploration import DEADLOCK
from tests.explore.litmus import NO, YES, gives, together


def _send(end: Any, *items: int) -> None:
    for item in items:
        end.send(item)
    end.close()


@gives((1, 2))
def one_sends_in_order(context: Any) -> tuple[int, ...]:
    reader, writer = context.Pipe(duplex=False)
    process = context.Process(target=_send, args=(writer, 1, 2))
    process.start()
    seen = reader.recv(), reader.recv()
    process.join()
    return seen


@gives((1, 2), (2, 1))
def two_send_into_one_end(context: Any) -> tuple[int, ...]:
    reader, writer = context.Pipe(duplex=False)
    together(*(context.Process(target=_send, args=(writer, number)) for number in (1, 2)))
    return reader.recv(), reader.recv()


@gives(YES, NO)
def a_look_whether_something_came(context: Any) -> bool:
    reader, writer = context.Pipe(duplex=False)
    process = context.Process(target=_send, args=(writer, 1))
    process.start()
    seen = bool(reader.poll())
    reader.recv()
    process.join()
    return seen


@gives(YES)
def something_comes_in_time(context: Any) -> bool:
    reader, writer = context.Pipe(duplex=False)
    process = context.Process(target=_send, args=(writer, 1))
    process.start()
    seen = bool(reader.poll(1.0))
    process.join()
    return seen


@gives((1, "EOFError"))
def the_other_end_is_closed(context: Any) -> tuple[Any, ...]:
    reader, writer = context.Pipe(duplex=False)
    process = context.Process(target=_send, args=(writer, 1))
    process.start()
    writer.close()
    seen = reader.recv()
    try:
        reader.recv()
    except EOFError as error:
        process.join()
        return seen, type(error).__name__
    return seen, "more"


@gives(DEADLOCK)
def the_other_end_is_open_here_as_well(context: Any) -> tuple[Any, ...]:
    """The caller keeps the end open that it waits for."""
    reader, writer = context.Pipe(duplex=False)
    process = context.Process(target=_send, args=(writer, 1))
    process.start()
    seen = reader.recv(), reader.recv()
    writer.close()
    return seen


def _ask_first(end: Any) -> None:
    end.recv()
    end.send(1)


@gives(DEADLOCK)
def both_wait_for_the_other(context: Any) -> int:
    here, there = context.Pipe()
    process = context.Process(target=_ask_first, args=(there,))
    process.start()
    seen = int(here.recv())
    here.send(2)
    process.join()
    return seen


@gives(1)
def one_asks_and_one_answers(context: Any) -> int:
    here, there = context.Pipe()
    process = context.Process(target=_ask_first, args=(there,))
    process.start()
    here.send(2)
    seen = int(here.recv())
    process.join()
    return seen


@gives((1,), (2,), (1, 2))
def waiting_for_either_of_two(context: Any) -> tuple[int, ...]:
    """What is ready when the waiting ends: at least one."""
    pipes = [context.Pipe(duplex=False) for _ in range(2)]
    processes = [
        context.Process(target=_send, args=(writer, number)) for number, (_, writer) in enumerate(pipes, start=1)
    ]
    for process in processes:
        process.start()
    ready = connection.wait([reader for reader, _ in pipes])
    seen = tuple(reader.recv() for reader, _ in pipes if reader in ready)
    for process in processes:
        process.join()
    return seen
