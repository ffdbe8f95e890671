"""Litmus programs: events, conditions, semaphores and barriers of processes."""

from __future__ import annotations

import time
from functools import partial
from threading import BrokenBarrierError
from typing import Any

from tests.unit.instrument.edges import A_MOMENT, Play, before, until


def ordered_event_wait(play: Play) -> None:
    event = play.context.Event()
    with play.process("before", (event, "set"), "aside"):
        event.wait()
        play("after")


def unordered_event_wait(play: Play) -> None:
    """It was set before."""
    event = play.context.Event()
    with play.process("await set", "before", (event, "set"), "mark written"):
        event.set()
        play("mark set", "await written")
        event.wait()
        play("after")


def ordered_event_is_set(play: Play) -> None:
    event = play.context.Event()
    with play.process("before", (event, "set"), "aside"):
        until(event.is_set)
        play("after")


def unordered_event_is_set(play: Play) -> None:
    event = play.context.Event()
    with play.process("before", "mark written", "await leave", (event, "set")):
        play("await written")
        assert not event.is_set()
        play("after", "mark leave")


def ordered_event_wait_with_a_timeout(play: Play) -> None:
    event = play.context.Event()
    with play.process("before", (event, "set"), "aside"):
        until(lambda: event.wait(A_MOMENT))
        play("after")


def unordered_event_wait_with_a_timeout(play: Play) -> None:
    event = play.context.Event()
    with play.process("before", "mark written", "await leave", (event, "set")):
        play("await written")
        assert not event.wait(A_MOMENT)
        play("after", "mark leave")


def ordered_event_set_anew(play: Play) -> None:
    event = play.context.Event()
    event.set()
    event.clear()
    with play.process("before", (event, "set"), "aside"):
        event.wait()
        play("after")


def unordered_event_set_anew(play: Play) -> None:
    """By somebody else, after it was cleared."""
    event = play.context.Event()
    with play.process("before", (event, "set"), "mark written"):
        play("await written")
        event.clear()
        with play.process((event, "set")):
            event.wait()
            play("after")


def ordered_notify(play: Play) -> None:
    condition = play.context.Condition()
    condition.acquire()
    with play.process((condition, "acquire"), "before", (condition, "notify"), (condition, "release"), "aside"):
        condition.wait()  # gives the lock to the other, who has waited for it
        play("after")
        condition.release()


def unordered_notify(play: Play) -> None:
    """Nobody waited when it was called."""
    condition = play.context.Condition()
    notify = ((condition, "acquire"), "before", (condition, "notify"), (condition, "release"))
    with play.process(*notify, "mark written"):
        play("await written")
        with condition:
            assert not condition.wait(A_MOMENT)
        play("after")


def ordered_notify_all(play: Play) -> None:
    condition = play.context.Condition()
    wait = ((condition, "acquire"), "mark asleep", (condition, "wait"), "after", (condition, "release"))
    with play.process(*wait):
        play("await asleep")
        with condition:
            play("before")
            condition.notify_all()
        play("aside")


def unordered_notify_all(play: Play) -> None:
    """Another one woke the sleeper."""
    condition = play.context.Condition()
    notify = ((condition, "acquire"), "before", (condition, "notify_all"), (condition, "release"))
    with play.process(*notify, "mark written"):
        play("await written")
        condition.acquire()
        with play.process((condition, "acquire"), (condition, "notify_all"), (condition, "release")):
            assert condition.wait()
            play("after")
            condition.release()


def ordered_wait_for(play: Play) -> None:
    condition = play.context.Condition(play.context.Lock())
    condition.acquire()
    notify = ((condition, "acquire"), "before", "mark true", (condition, "notify"), (condition, "release"), "aside")
    with play.process(*notify):
        assert condition.wait_for(lambda: play.is_marked("true"))
        play("after")
        condition.release()


def unordered_wait_for(play: Play) -> None:
    """It had not to wait."""
    condition = play.context.Condition(play.context.Lock())
    notify = ((condition, "acquire"), "before", (condition, "notify"), (condition, "release"), "mark true")
    with play.process(*notify):
        play("await true")
        with condition:
            assert condition.wait_for(lambda: play.is_marked("true"), A_MOMENT)
        play("after")


def ordered_notify_among_the_impatient(play: Play) -> None:
    """Another sleeper's time ran out before."""
    condition = play.context.Condition()
    with play.process((condition, "acquire"), (condition, "wait", A_MOMENT), (condition, "release"), "mark over"):
        play("await over")
    condition.acquire()
    with play.process((condition, "acquire"), "before", (condition, "notify"), (condition, "release"), "aside"):
        assert condition.wait(30)
        play("after")
        condition.release()


def unordered_notify_among_the_impatient(play: Play) -> None:
    """The sleeper's own time had run out, and it woke by another."""
    condition = play.context.Condition()
    with condition:
        assert not condition.wait(A_MOMENT)
    notify = ((condition, "acquire"), "before", (condition, "notify"), (condition, "release"))
    with play.process(*notify, "mark written"):
        play("await written")
        condition.acquire()
        with play.process((condition, "acquire"), (condition, "notify"), (condition, "release")):
            assert condition.wait()
            play("after")
            condition.release()


def ordered_semaphore(play: Play) -> None:
    semaphore = play.context.Semaphore(0)
    with play.process("before", (semaphore, "release"), "aside"):
        semaphore.acquire()
        play("after")


def unordered_semaphore(play: Play) -> None:
    """Another release would have done."""
    semaphore = play.context.Semaphore(0)
    with play.process("before", (semaphore, "release"), "mark written"):
        play("await written")
        semaphore.release()
        semaphore.acquire()
        play("after")


def ordered_semaphore_of_two(play: Play) -> None:
    semaphore = play.context.Semaphore(2)
    semaphore.acquire()
    semaphore.acquire()
    with play.process("before", (semaphore, "release"), "aside"):
        semaphore.acquire()
        play("after")


def unordered_semaphore_of_two(play: Play) -> None:
    """It was free."""
    semaphore = play.context.Semaphore(2)
    with play.process("before", (semaphore, "release"), "mark written"):
        play("await written")
        semaphore.acquire()
        play("after")


def ordered_bounded_semaphore(play: Play) -> None:
    semaphore = play.context.BoundedSemaphore(2)
    semaphore.acquire()
    with play.process((semaphore, "acquire"), "mark both", "before", (semaphore, "release"), "aside"):
        play("await both")
        semaphore.acquire()
        play("after")


def unordered_bounded_semaphore(play: Play) -> None:
    semaphore = play.context.BoundedSemaphore(2)
    with play.process((semaphore, "acquire"), "before", (semaphore, "release"), "mark written"):
        play("await written")
        semaphore.acquire()
        play("after")


def ordered_semaphore_tried(play: Play) -> None:
    semaphore = play.context.Semaphore(0)
    with play.process("before", (semaphore, "release"), "aside"):
        until(lambda: semaphore.acquire(block=False))
        play("after")


def unordered_semaphore_tried(play: Play) -> None:
    semaphore = play.context.Semaphore(0)
    with play.process("before", "mark written", "await leave", (semaphore, "release")):
        play("await written")
        assert not semaphore.acquire(timeout=A_MOMENT)
        play("after", "mark leave")


def ordered_barrier(play: Play) -> None:
    barrier = play.context.Barrier(2)
    with play.process("before", (barrier, "wait"), "aside"):
        barrier.wait()
        play("after")


def unordered_barrier(play: Play) -> None:
    """The meeting was before."""
    barrier = play.context.Barrier(2)
    with play.process((barrier, "wait"), "before", "mark written"):
        barrier.wait()
        play("await written", "after")


def ordered_barrier_used_again(play: Play) -> None:
    barrier = play.context.Barrier(2)
    with play.process((barrier, "wait"), "before", (barrier, "wait"), "aside"):
        barrier.wait()
        barrier.wait()
        play("after")


def unordered_barrier_used_again(play: Play) -> None:
    """The other has arrived at the next meeting."""
    barrier = play.context.Barrier(2)
    with play.process((barrier, "wait"), "before", "mark written", (barrier, "wait")):
        barrier.wait()
        play("await written", "after")
        barrier.wait()


def ordered_action(play: Play) -> None:
    barrier = play.context.Barrier(2, action=partial(before, play.value))
    with play.process((barrier, "wait"), "after"):
        barrier.wait()
        play("after")


def unordered_action(play: Play) -> None:
    """The action of the next meeting."""
    barrier = play.context.Barrier(2, action=partial(_before_but_first, play.value, play.folder))
    with play.process((barrier, "wait"), "await written", "after"):
        barrier.wait()
        with play.process((barrier, "wait")):
            barrier.wait()
            play("mark written")


def _before_but_first(value: Any, folder: Any) -> None:
    if (folder / "second").exists():
        before(value)
    (folder / "second").touch()


def _refused(barrier: Any) -> None:
    try:
        barrier.wait()
    except BrokenBarrierError:
        return
    raise AssertionError


def ordered_barrier_after_a_reset(play: Play) -> None:
    barrier = play.context.Barrier(2)
    with play.process((_refused, barrier), "before", (barrier, "wait"), "aside"):
        until(lambda: barrier.n_waiting == 1)
        barrier.reset()
        barrier.wait()
        play("after")


def unordered_barrier_after_a_reset(play: Play) -> None:
    """Whoever is turned away has met nobody."""
    barrier = play.context.Barrier(3)
    with play.process("before", "mark written", (_refused, barrier)):
        play("await written")
        until(lambda: barrier.n_waiting == 1)
        barrier.abort()
        _refused(barrier)
        play("after")


def ordered_lock_that_another_releases(play: Play) -> None:
    lock = play.context.Lock()
    lock.acquire()
    with play.process("before", (lock, "release"), "aside"):
        lock.acquire()
        play("after")


def unordered_lock_that_another_releases(play: Play) -> None:
    """It was released before."""
    lock = play.context.Lock()
    lock.acquire()
    with play.process((lock, "release"), "before", "mark written"):
        lock.acquire()
        play("await written", "after")


def ordered_lock_in_a_block_that_another_releases(play: Play) -> None:
    lock = play.context.Lock()
    lock.acquire()
    with play.process("before", (lock, "release"), "aside"), lock:
        play("after")


def unordered_lock_in_a_block_that_another_releases(play: Play) -> None:
    """Not by the one that writes."""
    lock = play.context.Lock()
    lock.acquire()
    with play.process("await open", "before", "mark written"), play.process("mark open", (lock, "release")), lock:
        play("await written", "after")


def ordered_lock_that_is_handed_on(play: Play) -> None:
    """Each takes its own and releases that of the next."""
    first, second = play.context.Lock(), play.context.Lock()
    first.acquire()
    second.acquire()
    with (
        play.process("before", (first, "release"), "aside"),
        play.process((first, "acquire"), (second, "release")),
    ):
        second.acquire()
        play("after")


def unordered_lock_that_is_handed_on(play: Play) -> None:
    """Who had it in the meantime gave it back, which orders nothing."""
    lock = play.context.Lock()
    lock.acquire()
    with (
        play.process((lock, "release"), "mark open"),
        play.process("await open", (lock, "acquire"), "before", (lock, "release"), "mark written"),
    ):
        play("await written")
        with lock:
            play("after")


def ordered_lock_that_a_third_took_meanwhile(play: Play) -> None:
    """Whoever releases what another has taken from it in the meantime gives a sign to whoever comes next."""
    lock = play.context.Lock()
    with (
        play.process((lock, "acquire"), "mark taken", "await passed", "before", (lock, "release"), "aside"),
        play.process("await taken", (lock, "release"), (lock, "acquire"), "mark passed"),
    ):
        play("await passed")
        lock.acquire()
        play("after")


def unordered_lock_that_a_third_took_meanwhile(play: Play) -> None:
    """It was refused to whoever does not wait."""
    lock = play.context.Lock()
    with play.process((lock, "acquire"), "before", "mark written", "await leave", (lock, "release")):
        play("await written")
        assert not lock.acquire(block=False)
        play("after", "mark leave")


def ordered_semaphore_of_one_that_another_releases(play: Play) -> None:
    semaphore = play.context.Semaphore(1)
    semaphore.acquire()
    with play.process("before", (semaphore, "release"), "aside"):
        semaphore.acquire()
        play("after")


def unordered_semaphore_of_one_that_another_releases(play: Play) -> None:
    """It had room already."""
    semaphore = play.context.Semaphore(1)
    with play.process("before", (semaphore, "release"), "mark written"):
        play("await written")
        semaphore.acquire()
        play("after")


def _count_down(left: Any, event: Any) -> None:
    with left.get_lock():
        left.value -= 1
        if left.value == 0:
            event.set()


def ordered_count_of_who_is_done(play: Play) -> None:
    """Whoever is the last one says so for all."""
    left, event = play.context.Value("i", 2), play.context.Event()
    with (
        play.process("before", (_count_down, left, event), "mark counted", "aside"),
        play.process("await counted", (_count_down, left, event)),
    ):
        event.wait()
        play("after")


def unordered_count_of_who_is_done(play: Play) -> None:
    """It was counted before it was done."""
    left, event = play.context.Value("i", 2), play.context.Event()
    with (
        play.process((_count_down, left, event), "before", "mark counted"),
        play.process("await counted", (_count_down, left, event)),
    ):
        event.wait()
        play("after")


def _meet(lock: Any, come: Any, turnstile: Any) -> None:
    with lock:
        come.value += 1
        if come.value == 2:
            turnstile.release()
            turnstile.release()
    turnstile.acquire()


def ordered_barrier_of_a_count_and_a_semaphore(play: Play) -> None:
    """The one who is last goes through the turnstile that it has opened itself."""
    meeting = play.context.Lock(), play.context.RawValue("i", 0), play.context.Semaphore(0)
    with play.process("before", "mark written", (_meet, *meeting), "aside"):
        play("await written", (time.sleep, 0.2), (_meet, *meeting), "after")


def unordered_barrier_of_a_count_and_a_semaphore(play: Play) -> None:
    """It was not waited for."""
    meeting = play.context.Lock(), play.context.RawValue("i", 0), play.context.Semaphore(1)
    with play.process((_meet, *meeting), "before", "mark written"):
        play("await written", (_meet, *meeting), "after")
