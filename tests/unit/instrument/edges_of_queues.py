"""Litmus programs: queues and pipes between processes."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from queue import Empty

from tests.unit.instrument.edges import A_MOMENT, Play, until


def _put_and_get(kind: str, *size: int) -> tuple[Callable[[Play], None], Callable[[Play], None]]:
    def ordered(play: Play) -> None:
        queue = play.queue(kind, *size)
        with play.process("before", (queue, "put", "item"), "aside"):
            queue.get()
            play("after")

    def unordered(play: Play) -> None:
        """Another's item came out."""
        queue = play.queue(kind, *size)
        with play.process("await another", "before", (queue, "put", "item"), "mark written"):
            queue.put("another")
            until(lambda: not queue.empty())
            play("mark another", "await written")
            assert queue.get() == "another"
            play("after")
            queue.get()

    return ordered, unordered


ordered_queue, unordered_queue = _put_and_get("Queue")
ordered_bounded_queue, unordered_bounded_queue = _put_and_get("Queue", 2)
ordered_joinable_queue, unordered_joinable_queue = _put_and_get("JoinableQueue")
ordered_simple_queue, unordered_simple_queue = _put_and_get("SimpleQueue")


def ordered_get_at_once(play: Play) -> None:
    queue = play.queue("Queue")

    def got() -> bool:
        try:
            return bool(queue.get_nowait())
        except Empty:
            return False

    with play.process("before", (queue, "put", "item"), "aside"):
        until(got)
        play("after")


def unordered_get_at_once(play: Play) -> None:
    queue = play.queue("Queue")
    with play.process("before", "mark written", "await leave", (queue, "put", "item")):
        play("await written")
        try:
            queue.get(timeout=A_MOMENT)
        except Empty:
            play("after", "mark leave")
        queue.get()


def ordered_seen_not_empty(play: Play) -> None:
    queue = play.queue("Queue")
    with play.process("before", (queue, "put", "item")):
        until(lambda: not queue.empty())
        queue.get()
        play("after")


def unordered_seen_not_empty(play: Play) -> None:
    """Whose item it is nobody knows before it is got."""
    queue = play.queue("Queue")
    with play.process("before", (queue, "put", "item")):
        until(lambda: not queue.empty())
        play("after")
        queue.get()


def ordered_room(play: Play) -> None:
    queue = play.queue("Queue", 1)
    with play.process("before", (queue, "get"), "aside"):
        queue.put("first")
        queue.put("second")
        play("after")
        queue.get()


def unordered_room(play: Play) -> None:
    """There was room for two."""
    queue = play.queue("Queue", 2)
    with play.process("before", (queue, "get"), "mark taken"):
        queue.put("first")
        play("await taken")
        queue.put("second")
        play("after")
        queue.get()


def ordered_room_for_two(play: Play) -> None:
    queue = play.queue("JoinableQueue", 2)
    with play.process("before", (queue, "get"), "aside"):
        queue.put("first")
        queue.put("second")
        queue.put("third")
        play("after")
        queue.get()
        queue.get()


def unordered_room_for_two(play: Play) -> None:
    """Another had made room as well."""
    queue = play.queue("JoinableQueue", 2)
    with play.process("before", (queue, "get"), "mark taken"):
        queue.put("first")
        queue.put("second")
        play("await taken")
        queue.get()
        queue.put("third")
        play("after")
        queue.get()


def ordered_task_done(play: Play) -> None:
    queue = play.queue("JoinableQueue")
    with play.process((queue, "get"), "before", (queue, "task_done"), "aside"):
        queue.put("item")
        queue.join()
        play("after")


def unordered_task_done(play: Play) -> None:
    """It was done before that."""
    queue = play.queue("JoinableQueue")
    with play.process((queue, "get"), (queue, "task_done"), "before", "mark written"):
        queue.put("item")
        play("await written")
        queue.join()
        play("after")


def ordered_task_done_by_two(play: Play) -> None:
    queue = play.queue("JoinableQueue")
    with play.process((queue, "get"), "before", (queue, "task_done"), "mark done", "aside"):
        queue.put("one")
        queue.put("two")
        play("await done")
        queue.get()
        queue.task_done()
        queue.join()
        play("after")


def unordered_task_done_by_two(play: Play) -> None:
    """One of two is not done, and nobody joins."""
    queue = play.queue("JoinableQueue")
    with play.process((queue, "get"), "before", (queue, "task_done"), "mark done"):
        queue.put("one")
        queue.put("two")
        play("await done")
        queue.get()
        queue.task_done()
        play("after")


def ordered_pipe(play: Play) -> None:
    receiving, sending = play.context.Pipe(duplex=False)
    with play.process("before", (sending, "send", "message"), "aside"):
        receiving.recv()
        play("after")


def unordered_pipe(play: Play) -> None:
    """An earlier message came."""
    receiving, sending = play.context.Pipe(duplex=False)
    with play.process((sending, "send", "early"), "before", (sending, "send", "late"), "mark written"):
        play("await written")
        assert receiving.recv() == "early"
        play("after")


def ordered_pipe_back(play: Play) -> None:
    here, there = play.context.Pipe()
    with play.process((there, "send", "ready"), (there, "recv"), "after"):
        here.recv()
        play("before")
        here.send("message")
        play("aside")


def unordered_pipe_back(play: Play) -> None:
    """The other direction."""
    here, there = play.context.Pipe()
    with play.process((there, "send", "ready"), "await written", "after", (there, "recv")):
        here.recv()
        play("before")
        here.send("message")
        play("mark written")


def ordered_pipe_seen_ready(play: Play) -> None:
    receiving, sending = play.context.Pipe(duplex=False)
    with play.process("before", (sending, "send", "message"), "aside"):
        assert receiving.poll(None)
        receiving.recv()
        play("after")


def unordered_pipe_seen_ready(play: Play) -> None:
    receiving, sending = play.context.Pipe(duplex=False)
    with play.process("before", (sending, "send", "message")):
        assert receiving.poll(None)
        play("after")
        receiving.recv()


def ordered_bytes(play: Play) -> None:
    receiving, sending = play.context.Pipe(duplex=False)
    with play.process("before", (sending, "send_bytes", b"message"), "aside"):
        receiving.recv_bytes()
        play("after")


def unordered_bytes(play: Play) -> None:
    receiving, sending = play.context.Pipe(duplex=False)
    with play.process((sending, "send_bytes", b"early"), "before", (sending, "send_bytes", b"late"), "mark written"):
        play("await written")
        assert receiving.recv_bytes() == b"early"
        play("after")


def ordered_bytes_back(play: Play) -> None:
    here, there = play.context.Pipe()
    with play.process((there, "recv_bytes"), "after"):
        play("before")
        here.send_bytes(b"message")
        play("aside")


def unordered_bytes_back(play: Play) -> None:
    here, there = play.context.Pipe()
    with play.process((there, "send_bytes", b"ready"), "await written", "after", (there, "recv_bytes")):
        here.recv_bytes()
        play("before")
        here.send_bytes(b"message")
        play("mark written")


def ordered_bytes_into(play: Play) -> None:
    here, there = play.context.Pipe()
    with play.process("before", (there, "send_bytes", b"message"), "aside"):
        here.recv_bytes_into(bytearray(100))
        play("after")


def unordered_bytes_into(play: Play) -> None:
    """The second of two messages, one of them an object."""
    here, there = play.context.Pipe()
    two, three = (there, "send_bytes", b"two"), (there, "send_bytes", b"three")
    with play.process((there, "send", "one"), two, "before", three, "mark written"):
        play("await written")
        here.recv()
        here.recv_bytes_into(bytearray(100))
        play("after")


def ordered_pickled_by_hand(play: Play) -> None:
    here, there = play.context.Pipe()
    with play.process("before", (there, "send_bytes", pickle.dumps("message")), "aside"):
        assert here.recv() == "message"
        play("after")


def unordered_pickled_by_hand(play: Play) -> None:
    here, there = play.context.Pipe()
    late = (there, "send_bytes", pickle.dumps("late"))
    with play.process((there, "send", "early"), "before", late, "mark written"):
        play("await written")
        assert here.recv() == "early"
        play("after")
