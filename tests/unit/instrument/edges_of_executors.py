"""Litmus programs: the executors of `concurrent.futures`."""

from __future__ import annotations

import concurrent.futures
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from typing import Any

import pytest

from tests.unit.instrument.edges import A_MOMENT, Play, act, keep, perform, perform_all, until


def _executor(play: Play, workers: int = 2) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(workers, play.context, initializer=keep, initargs=(play.value, play.folder))


def ordered_submit(play: Play) -> None:
    with _executor(play) as executor:
        play("before")
        executor.submit(perform, "await leave", "after")
        play("aside", "mark leave")


def unordered_submit(play: Play) -> None:
    with _executor(play) as executor:
        executor.submit(perform, "await written", "after")
        play("before", "mark written")


def ordered_result(play: Play) -> None:
    with _executor(play) as executor:
        wanted = executor.submit(perform, "before")
        executor.submit(perform, "await leave", "aside")
        wanted.result()
        play("after", "mark leave")


def unordered_result(play: Play) -> None:
    with _executor(play) as executor:
        wanted = executor.submit(perform, "await written")
        executor.submit(perform, "before", "mark written", "await leave")
        wanted.result()
        play("after", "mark leave")


def ordered_result_that_is_an_error(play: Play) -> None:
    with _executor(play) as executor:
        with pytest.raises(ArithmeticError):
            executor.submit(perform, "before", "fail").result()
        play("after")


def unordered_result_that_is_an_error(play: Play) -> None:
    """It was that of the wait, not of the task."""
    with _executor(play) as executor:
        future = executor.submit(perform, "before", "mark written", "await leave")
        play("await written")
        with pytest.raises(concurrent.futures.TimeoutError):
            future.result(A_MOMENT)
        play("after", "mark leave")


def ordered_exception(play: Play) -> None:
    with _executor(play) as executor:
        assert executor.submit(perform, "before").exception() is None
        play("after")


def unordered_exception(play: Play) -> None:
    with _executor(play) as executor:
        future = executor.submit(perform, "before", "mark written", "await leave")
        play("await written")
        with pytest.raises(concurrent.futures.TimeoutError):
            future.exception(A_MOMENT)
        play("after", "mark leave")


def ordered_done(play: Play) -> None:
    with _executor(play) as executor:
        until(executor.submit(perform, "before").done)
        play("after")


def unordered_done(play: Play) -> None:
    with _executor(play) as executor:
        future = executor.submit(perform, "before", "mark written", "await leave")
        play("await written")
        assert not future.done()
        play("after", "mark leave")


def ordered_as_completed(play: Play) -> None:
    with _executor(play) as executor:
        futures = [executor.submit(perform, "await leave", "aside"), executor.submit(perform, "before")]
        completed = concurrent.futures.as_completed(futures)
        assert next(completed) is futures[1]
        play("after", "mark leave")
        next(completed)


def unordered_as_completed(play: Play) -> None:
    with _executor(play) as executor:
        futures = [
            executor.submit(perform, "before", "mark written", "await leave"),
            executor.submit(perform, "await written"),
        ]
        completed = concurrent.futures.as_completed(futures)
        assert next(completed) is futures[1]
        play("after", "mark leave")
        next(completed)


def ordered_wait(play: Play) -> None:
    with _executor(play) as executor:
        concurrent.futures.wait([executor.submit(perform, "before")])
        play("after")


def unordered_wait(play: Play) -> None:
    with _executor(play) as executor:
        future = executor.submit(perform, "before", "mark written", "await leave")
        play("await written")
        done, _ = concurrent.futures.wait([future], A_MOMENT)
        assert not done
        play("after", "mark leave")


def ordered_wait_for_the_first(play: Play) -> None:
    with _executor(play) as executor:
        futures = [executor.submit(perform, "before"), executor.submit(perform, "await leave", "aside")]
        concurrent.futures.wait(futures, return_when=concurrent.futures.FIRST_COMPLETED)
        play("after", "mark leave")


def unordered_wait_for_the_first(play: Play) -> None:
    with _executor(play) as executor:
        futures = [
            executor.submit(perform, "await written"),
            executor.submit(perform, "before", "mark written", "await leave"),
        ]
        concurrent.futures.wait(futures, return_when=concurrent.futures.FIRST_COMPLETED)
        play("after", "mark leave")


def ordered_callback(play: Play) -> None:
    with _executor(play) as executor:
        executor.submit(perform, "await added", "before").add_done_callback(lambda _: play("after"))
        play("mark added", "aside")


def unordered_callback(play: Play) -> None:
    with _executor(play) as executor:
        executor.submit(perform, "before", "mark written", "await leave")
        executor.submit(perform, "await written").add_done_callback(lambda _: play("after", "mark leave"))


def ordered_result_after_a_callback(play: Play) -> None:
    """Shutting down waits for the thread that calls back."""
    with _executor(play) as executor:
        executor.submit(perform, "await added").add_done_callback(lambda _: play("before"))
        play("mark added")
    play("after")


def unordered_result_after_a_callback(play: Play) -> None:
    """A result can be had before the callback has returned."""
    with _executor(play) as executor:
        future = executor.submit(perform, "await added")
        future.add_done_callback(lambda _: play("before", "mark written"))
        play("mark added")
        future.result()
        play("await written", "after")


def ordered_map(play: Play) -> None:
    with _executor(play) as executor:
        list(executor.map(perform_all, [("before",)] * 3, chunksize=2))
        play("after")


def unordered_map(play: Play) -> None:
    """Only its first result was taken."""
    with _executor(play) as executor:
        results = executor.map(perform_all, [("await written",), ("before", "mark written", "await leave")])
        next(results)
        play("after", "mark leave")
        list(results)


def ordered_shutdown(play: Play) -> None:
    with _executor(play) as executor:
        executor.submit(perform, "before")
    play("after")


def unordered_shutdown(play: Play) -> None:
    """It did not wait."""
    executor = _executor(play)
    future = executor.submit(perform, "before", "mark written", "await leave")
    play("await written")
    executor.shutdown(wait=False)
    play("after", "mark leave")
    future.result()
    until(lambda: not play.context.active_children())


def ordered_cancel(play: Play) -> None:
    """What could not be cancelled has a result."""
    with _executor(play) as executor:
        future = executor.submit(perform, "before", "mark written")
        play("await written")
        assert not future.cancel()
        future.result()
        play("after")


def unordered_cancel(play: Play) -> None:
    with _executor(play, 1) as executor:
        running = executor.submit(perform, "before", "mark written", "await leave")
        play("await written")
        assert not running.cancel()
        play("after", "mark leave")


def _initialise(value: Any, folder: Any, *steps: str) -> None:
    keep(value, folder)
    act(value, folder, *steps)


def ordered_initialiser(play: Play) -> None:
    play("before")
    arguments = (play.value, play.folder, "after")
    with ProcessPoolExecutor(1, play.context, initializer=_initialise, initargs=arguments) as executor:
        executor.submit(perform)


def unordered_initialiser(play: Play) -> None:
    arguments = (play.value, play.folder, "await written", "after")
    with ProcessPoolExecutor(1, play.context, initializer=_initialise, initargs=arguments) as executor:
        executor.submit(perform)
        play("before", "mark written")


def ordered_thread_executor(play: Play) -> None:
    with ThreadPoolExecutor(2) as executor:
        wanted = executor.submit(play, "before")
        executor.submit(play, "await leave", "aside")
        wanted.result()
        play("after", "mark leave")


def unordered_thread_executor(play: Play) -> None:
    with ThreadPoolExecutor(2) as executor:
        other = executor.submit(play, "before", "mark written", "await leave")
        executor.submit(play, "await written").result()
        play("after", "mark leave")
        other.result()


def ordered_thread_executor_shutdown(play: Play) -> None:
    with ThreadPoolExecutor(2) as executor:
        executor.submit(play, "before")
    play("after")


def unordered_thread_executor_shutdown(play: Play) -> None:
    with ThreadPoolExecutor(2) as executor:
        executor.submit(play, "before", "mark written")
        play("await written", "after")
