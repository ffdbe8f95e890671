"""What goes wrong with queues and pipes is told in words, and what only looks alike is told apart."""

from __future__ import annotations

import multiprocessing
import queue as queues
from collections.abc import Callable
from multiprocessing import connection
from typing import Any

import pytest

from pytest_parlab.explore.exploration import DEADLOCK, Exploration, FailureKind
from pytest_parlab.explore.exploring import explore

A_MEGABYTE = 1 << 20
MORE_THAN_A_PIPE_HOLDS = 100_000
A_WHILE_S = 200.0
"""A busy machine takes long to start a process anew."""


def search(function: Callable[[Any], Any], method: str = "fork") -> Exploration:
    """Search all schedules of a program that takes a context."""
    found = explore(function, multiprocessing.get_context(method), seconds=A_WHILE_S, stall_s=A_WHILE_S)
    assert found.exhausted, found.undecided
    return found


def told(found: Exploration) -> list[tuple[str, str]]:
    """The steps of the only failure: who, and what."""
    (failure,) = found.failures
    return [
        (moment.process, f"{moment.action} {moment.subject.partition(' made at ')[0]}") for moment in failure.moments
    ]


def waiting(found: Exploration) -> dict[str, str]:
    """Who waits for what in the only deadlock."""
    (failure,) = found.failures
    assert failure.kind is FailureKind.DEADLOCK
    return {blocked.process: blocked.waits_for.partition(" made at ")[0] for blocked in failure.blocked}


def put(queue: Any, *items: Any) -> None:
    for item in items:
        queue.put(item)


def put_much(queue: Any) -> None:
    queue.put(bytes(A_MEGABYTE))


def join_before_taking(context: Any) -> None:
    queue = context.Queue()
    process = context.Process(target=put_much, args=(queue,), name="maker")
    process.start()
    process.join()
    queue.get()


def test_who_waits_for_what_is_told_where_a_process_is_joined_before_its_queue_is_emptied() -> None:
    found = search(join_before_taking)
    assert set(found.outcomes) == {DEADLOCK}
    assert waiting(found) == {
        "MainProcess": "the end of maker",
        "maker": "the end of its feeder, which still has items for Queue",
        "feeder of maker": "room in Queue",
    }
    assert {blocked.place.source for blocked in found.failures[0].blocked} == {
        "process.join()",
        "queue.put(bytes(A_MEGABYTE))",
    }


def take_before_joining(context: Any) -> int:
    queue = context.Queue()
    process = context.Process(target=put_much, args=(queue,))
    process.start()
    taken = len(queue.get())
    process.join()
    return taken


def test_the_same_items_are_all_there_where_the_queue_is_emptied_first() -> None:
    assert set(search(take_before_joining).outcomes) == {A_MEGABYTE}


def look_too_early(context: Any) -> int:
    queue = context.Queue()
    queue.put(7)
    return int(queue.get_nowait())


def test_the_step_of_a_feeder_is_told_as_one_of_its_own() -> None:
    found = search(look_too_early)
    assert {str(outcome) for outcome in found.outcomes} == {"7", "Empty"}
    assert told(found) == [("MainProcess", "puts 7 Queue"), ("MainProcess", "finds empty Queue")]
    assert found.interleavings == 2


def give_up(queue: Any) -> None:
    put_much(queue)
    queue.cancel_join_thread()


def take_what_was_given_up(context: Any) -> None:
    queue = context.Queue()
    process = context.Process(target=give_up, args=(queue,), name="maker")
    process.start()
    process.join()
    queue.get()


def test_a_message_whose_sender_has_given_up_never_comes() -> None:
    found = search(take_what_was_given_up)
    assert waiting(found) == {"MainProcess": "an item of Queue"}
    assert ("maker", "gives up what it has not yet sent to Queue") in told(found)


def put_a_function(context: Any) -> int:
    queue = context.Queue(1)
    queue.put(lambda: None)
    queue.put(2)
    return int(queue.get())


def test_an_item_that_cannot_be_pickled_is_lost() -> None:
    assert set(search(put_a_function).outcomes) == {2}


def count(context: Any) -> tuple[int, int, bool]:
    queue = context.Queue(2)
    process = context.Process(target=put, args=(queue, 1, 2))
    process.start()
    early = queue.qsize()
    process.join()
    return early, queue.qsize(), queue.full()


def test_the_size_of_a_queue_counts_what_was_put() -> None:
    found = explore(count, multiprocessing.get_context("fork"), check=lambda _: None)
    assert set(found.outcomes) == {(size, 2, True) for size in range(3)}
    assert found.exhausted


def close_a_queue(context: Any) -> list[str]:
    queue = context.Queue()
    queue.put(1)
    with pytest.raises(AssertionError, match="not closed"):
        queue.join_thread()
    queue.close()
    queue.join_thread()
    errors = []
    calls: list[Callable[[], Any]] = [lambda: queue.put(2), queue.get]
    for call in calls:
        try:
            call()
        except ValueError as error:
            errors.append(str(error).rpartition(" is ")[2])
    return errors


def test_a_closed_queue_refuses_what_comes() -> None:
    assert set(search(close_a_queue).outcomes) == {("closed", "closed")}


def wait_a_while(context: Any) -> list[str]:
    queue, full = context.Queue(), context.Queue(1)
    full.put(1)
    errors = []
    calls: list[Callable[[], Any]] = [
        lambda: queue.get(timeout=5),
        lambda: queue.get(timeout=0),
        lambda: full.put(2, timeout=5),
        lambda: full.put(2, timeout=0),
    ]
    for call in calls:
        try:
            call()
        except (queues.Empty, queues.Full) as error:
            errors.append(type(error).__name__)
    return errors


def test_waiting_for_a_queue_has_an_end_in_virtual_time() -> None:
    assert set(search(wait_a_while).outcomes) == {("Empty", "Empty", "Full", "Full")}


def put_ten(queue: Any) -> None:
    put(queue, *range(10))


def take_ten(context: Any) -> list[int]:
    queue = context.Queue()
    process = context.Process(target=put_ten, args=(queue,))
    process.start()
    taken = [queue.get() for _ in range(10)]
    process.join()
    return taken


def test_one_schedule_stands_for_all_in_which_items_are_sent_and_taken_at_other_times() -> None:
    found = search(take_ten)
    assert set(found.outcomes) == {tuple(range(10))}
    assert found.schedules == 1
    assert found.interleavings is not None
    assert found.interleavings > 1000


def work(tasks: Any, results: Any) -> None:
    while (task := tasks.get()) is not None:
        results.put(task * task)


def two_workers(context: Any) -> list[int]:
    tasks, results = context.Queue(), context.Queue()
    workers = [context.Process(target=work, args=(tasks, results)) for _ in range(2)]
    for worker in workers:
        worker.start()
    put(tasks, 1, 2, None, None)
    taken = sorted(results.get() for _ in range(2))
    for worker in workers:
        worker.join()
    return taken


def test_workers_with_a_queue_of_tasks_and_one_of_results_are_searched_exhaustively() -> None:
    assert set(search(two_workers).outcomes) == {(1, 4)}


def wait_for_tasks(context: Any) -> None:
    queue = context.JoinableQueue()
    queue.put(1)
    queue.join()


def test_what_join_of_a_queue_waits_for_is_told() -> None:
    assert waiting(search(wait_for_tasks)) == {"MainProcess": "all tasks of JoinableQueue"}
    assert search(wait_for_tasks).failures[0].blocked[0].waits_for.endswith(" to be done")


def nobody_reads(context: Any) -> str:
    reader, writer = context.Pipe(duplex=False)
    reader.close()
    try:
        writer.send(1)
    except BrokenPipeError as error:
        return type(error).__name__
    return "sent"


def test_what_nobody_can_receive_cannot_be_sent() -> None:
    assert set(search(nobody_reads).outcomes) == {"BrokenPipeError"}


def send_one(end: Any) -> None:
    end.send(1)


def drop_the_writing_end(context: Any) -> tuple[int, str]:
    reader, writer = context.Pipe(duplex=False)
    process = context.Process(target=send_one, args=(writer,))
    process.start()
    del writer
    seen = int(reader.recv())
    try:
        reader.recv()
    except EOFError as error:
        process.join()
        return seen, type(error).__name__
    return seen, "more"


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_an_end_is_closed_with_the_object_and_with_the_process_that_had_it(method: str) -> None:
    assert set(search(drop_the_writing_end, method).outcomes) == {(1, "EOFError")}


def receive_for_ever(end: Any) -> None:
    while True:
        try:
            end.recv()
        except EOFError:
            return


def inherited_end(context: Any) -> None:
    reader, writer = context.Pipe(duplex=False)
    process = context.Process(target=receive_for_ever, args=(reader,), name="taker")
    process.start()
    writer.send(1)
    writer.close()
    process.join()


def test_a_forked_process_waits_for_ever_for_an_end_that_it_has_open_itself() -> None:
    found = search(inherited_end)
    assert waiting(found) == {"MainProcess": "the end of taker", "taker": "something to read from Pipe"}
    assert ("MainProcess", "closes the writing end of Pipe") in told(found)


def test_a_spawned_process_has_not_inherited_it() -> None:
    assert set(search(inherited_end, "spawn").outcomes) == {None}


def send_much_first(end: Any) -> None:
    end.send_bytes(bytes(MORE_THAN_A_PIPE_HOLDS))
    end.recv_bytes()


def both_send_first(context: Any) -> None:
    here, there = context.Pipe()
    process = context.Process(target=send_much_first, args=(there,), name="other")
    process.start()
    send_much_first(here)
    process.join()


def test_two_that_send_more_than_a_pipe_holds_before_they_receive_wait_for_each_other() -> None:
    found = search(both_send_first)
    assert waiting(found) == {"MainProcess": "room in Pipe", "other": "room in Pipe"}


def limited(context: Any) -> list[str]:
    here, there = context.Pipe()
    errors = []
    there.send_bytes(b"12345")
    there.send_bytes(b"12345")
    try:
        here.recv_bytes_into(bytearray(2))
    except multiprocessing.BufferTooShort as error:
        errors.append(f"{type(error).__name__} {len(error.args[0])}")
    try:
        here.recv_bytes(2)
    except OSError as error:
        errors.append(str(error))
    return errors


def test_what_is_longer_than_allowed_is_refused() -> None:
    assert set(search(limited).outcomes) == {("BufferTooShort 5", "bad message length")}


def wait_for_end_or_message(context: Any) -> list[str]:
    reader, writer = context.Pipe(duplex=False)
    process = context.Process(target=send_one, args=(writer,))
    process.start()
    ready = connection.wait([reader, process.sentinel])
    process.join()
    return ["message" if one is reader else "end" for one in ready]


def test_a_wait_for_a_message_or_an_end_sees_what_is_there() -> None:
    found = explore(wait_for_end_or_message, multiprocessing.get_context("fork"), check=lambda _: None)
    assert found.exhausted
    assert set(found.outcomes) == {("message",), ("message", "end")}


def wait_in_vain(context: Any) -> None:
    ends = [context.Pipe(duplex=False) for _ in range(2)]
    connection.wait([reader for reader, _ in ends])


def test_what_a_wait_for_several_waits_for_is_told() -> None:
    (failure,) = search(wait_in_vain).failures
    assert failure.blocked[0].waits_for.startswith("something to read from Pipe made at test_queues_and_pipes.py:")


def send_an_end(context: Any) -> None:
    here, _ = context.Pipe()
    context.SimpleQueue().put(here)


def use_an_end_from_elsewhere(_: Any) -> None:
    _OLDER[0].send(1)


_OLDER: list[Any] = []


def test_what_cannot_be_scheduled_with_pipes_is_said_with_its_place() -> None:
    context = multiprocessing.get_context("fork")
    undecided = explore(send_an_end, context).undecided
    assert undecided.startswith("it sends an end of a pipe to another process, which cannot be scheduled, at ")
    reader, writer = context.Pipe(duplex=False)
    with reader, writer:
        _OLDER[:] = [writer]
        undecided = explore(use_an_end_from_elsewhere, context).undecided
        _OLDER.clear()
    assert undecided.startswith(
        "it sends through a connection that is not from a Pipe() that it has made itself, which cannot be scheduled,"
    )


def put_to_an_older_queue(queue: Any) -> tuple[int, int]:
    process = multiprocessing.get_context("fork").Process(target=put, args=(queue, 2))
    process.start()
    put(queue, 1)
    taken = queue.get(), queue.get()
    process.join()
    return taken


def test_a_queue_that_is_older_than_the_search_begins_empty_in_each_schedule() -> None:
    queue = multiprocessing.get_context("fork").Queue()
    try:
        found = explore(put_to_an_older_queue, queue, check=lambda _: None)
    finally:
        queue.close()
        queue.join_thread()
    assert set(found.outcomes) == {(1, 2), (2, 1)}
    assert found.exhausted
