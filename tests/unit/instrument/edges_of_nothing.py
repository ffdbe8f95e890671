"""Litmus programs: what comes after something else in time, and is ordered by nothing."""

from __future__ import annotations

import socket
import time

from tests.unit.instrument.edges import Play, perform, until


def unordered_by_a_file(play: Play) -> None:
    with play.process("before", "mark written"):
        play("await written", "after")


def unordered_by_sleep(play: Play) -> None:
    with play.process("before", "mark written", (time.sleep, 0.05)):
        until(lambda: play.is_marked("written"))
        time.sleep(0.01)
        play("after")


def unordered_by_a_socket(play: Play) -> None:
    here, there = socket.socketpair()
    with here, there, play.process("before", (there, "send", b"written")):
        here.recv(100)
        play("after")


def unordered_by_the_lock_of_the_value(play: Play) -> None:
    """A single look, and no polling."""
    with play.process("before", "mark written"):
        play("await written")
        assert play.value.value == 1
        play("after")


def unordered_by_the_size_of_a_queue(play: Play) -> None:
    queue = play.queue("Queue")
    with play.process("before", (queue, "put", "item")):
        until(queue.qsize)
        play("after")
        queue.get()


def unordered_by_a_thread_that_knows(play: Play) -> None:
    """Another thread of the same process has joined the child, and told nobody."""
    process = play.start("before")
    with play.thread((process, "join"), "mark joined"):
        play("await joined", "after")


def unordered_by_the_threads_of_a_pool(play: Play) -> None:
    """One thread's task went to a worker before another's went to another."""
    with play.pool() as pool, play.thread("before", (pool, "apply", perform, ("mark written", "await leave"))):
        play("await written")
        pool.apply(perform)
        play("after", "mark leave")
