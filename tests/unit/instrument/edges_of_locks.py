"""Litmus programs: locks order nothing, but hold `before` and `after` together, or do not.

In ``together_X`` there is a lock that is held at both; in ``apart_X`` there is none.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import Any

from tests.unit.instrument.edges import A_MOMENT, Play, Step


def _with(lock: Any, *steps: Step) -> tuple[Step, ...]:
    return ((lock, "acquire"), *steps, (lock, "release"))


def _together(play: Play, lock: Any) -> None:
    with play.process(*_with(lock, "before"), "mark written"):
        play("await written", *_with(lock, "after"))


def together_lock(play: Play) -> None:
    _together(play, play.context.Lock())


def apart_lock(play: Play) -> None:
    """One for each."""
    with play.process(*_with(play.context.Lock(), "before"), "mark written"):
        play("await written", *_with(play.context.Lock(), "after"))


def together_lock_in_a_block(play: Play) -> None:
    lock = play.context.Lock()
    with play.process(*_with(lock, "before"), "mark written"):
        play("await written")
        with lock:
            play("after")


def apart_lock_in_a_block(play: Play) -> None:
    """The block was over."""
    lock = play.context.Lock()
    with play.process(*_with(lock, "before"), "mark written"):
        play("await written")
        with lock:
            pass
        play("after")


def together_lock_that_was_tried(play: Play) -> None:
    lock = play.context.Lock()
    with play.process(*_with(lock, "before"), "mark written"):
        play("await written")
        assert lock.acquire(block=False)
        play("after")
        lock.release()


def apart_lock_that_was_tried(play: Play) -> None:
    lock = play.context.Lock()
    with play.process((lock, "acquire"), "before", "mark written", "await leave", (lock, "release")):
        play("await written")
        assert not lock.acquire(timeout=A_MOMENT)
        play("after", "mark leave")


def together_recursive_lock(play: Play) -> None:
    lock = play.context.RLock()
    with play.process((lock, "acquire"), *_with(lock), "before", (lock, "release"), "mark written"):
        play("await written", *_with(lock, "after"))


def apart_recursive_lock(play: Play) -> None:
    """It was given back as often as it was taken."""
    lock = play.context.RLock()
    with play.process(*_with(lock, *_with(lock)), "before", "mark written"):
        play("await written", *_with(lock, "after"))


def together_semaphore_of_one(play: Play) -> None:
    _together(play, play.context.Semaphore(1))


def apart_semaphore_of_one(play: Play) -> None:
    """Two have room."""
    _together(play, play.context.Semaphore(2))


def together_bounded_semaphore_of_one(play: Play) -> None:
    _together(play, play.context.BoundedSemaphore())


def apart_bounded_semaphore_of_one(play: Play) -> None:
    _together(play, play.context.BoundedSemaphore(2))


def together_lock_of_the_value(play: Play) -> None:
    _together(play, play.value.get_lock())


def apart_lock_of_the_value(play: Play) -> None:
    """It is taken for each access, and given back."""
    with play.process("before", "mark written"):
        play("await written", *_with(play.value.get_lock(), "after"))


def together_condition(play: Play) -> None:
    _together(play, play.context.Condition())


def apart_condition(play: Play) -> None:
    """Each has a lock of its own."""
    with play.process(*_with(play.context.Condition(), "before"), "mark written"):
        play("await written", *_with(play.context.Condition(), "after"))


def together_wait(play: Play) -> None:
    """Whoever waits has the lock again afterwards."""
    condition = play.context.Condition(play.context.Lock())
    with play.process(*_with(condition, (condition, "wait", A_MOMENT), "before"), "mark written"):
        play("await written", *_with(condition, "after"))


def apart_wait(play: Play) -> None:
    """Another condition's lock was given back."""
    one, other = play.context.Condition(), play.context.Condition()
    with play.process(*_with(one, "before"), "mark written"):
        play("await written", *_with(other, (other, "wait", A_MOMENT), "after"))


def together_two_conditions_of_a_lock(play: Play) -> None:
    lock = play.context.Lock()
    with play.process(*_with(play.context.Condition(lock), "before"), "mark written"):
        play("await written", *_with(play.context.Condition(lock), "after"))


def apart_two_conditions_of_a_lock(play: Play) -> None:
    """What is inside events, barriers and queues is no lock of the user's."""
    event, queue = play.context.Event(), play.queue("JoinableQueue")
    with play.process((event, "is_set"), (queue, "empty"), "before", "mark written"):
        event.is_set()
        play("await written", "after")


def together_lock_that_was_released_for_another(play: Play) -> None:
    """What its holders give back themselves is protected as ever."""
    lock = play.context.Lock()
    lock.acquire()
    with (
        play.process((lock, "release"), *_with(lock, "before"), "mark written"),
        play.process("await written", *_with(lock, "after")),
    ):
        pass


def apart_lock_that_was_released_for_another(play: Play) -> None:
    """Whoever took it does not have it any more."""
    lock = play.context.Lock()
    lock.acquire()
    with play.process((lock, "release"), *_with(lock, "before"), "mark written"):
        play("await written", "after")


def together_semaphore_of_one_that_refuses(play: Play) -> None:
    """A release that it refuses lets nobody in."""
    semaphore = play.context.BoundedSemaphore(1)
    with suppress(ValueError):
        semaphore.release()
    _together(play, semaphore)


def apart_semaphore_of_one_that_refuses(play: Play) -> None:
    """One that counts any release lets in two."""
    semaphore = play.context.Semaphore(1)
    with suppress(ValueError):
        semaphore.release()
    _together(play, semaphore)


def together_threads(play: Play) -> None:
    lock = play.context.Lock()
    with play.thread(*_with(lock, "before"), "mark written"):
        play("await written", *_with(lock, "after"))


def apart_threads(play: Play) -> None:
    """The locks of `threading` are not seen."""
    lock = threading.Lock()
    with play.thread(*_with(lock, "before"), "mark written"):
        play("await written", *_with(lock, "after"))
