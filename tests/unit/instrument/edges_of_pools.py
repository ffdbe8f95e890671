"""Litmus programs: pools."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from multiprocessing.pool import ThreadPool
from typing import Any

import pytest

from tests.unit.instrument.edges import A_MOMENT, Play, act, keep, perform, perform_all, until


def ordered_submit(play: Play) -> None:
    with play.pool() as pool:
        play("before")
        result = pool.apply_async(perform, ("await leave", "after"))
        play("aside", "mark leave")
        result.get()


def unordered_submit(play: Play) -> None:
    with play.pool() as pool:
        result = pool.apply_async(perform, ("await written", "after"))
        play("before", "mark written")
        result.get()


def ordered_get(play: Play) -> None:
    with play.pool() as pool:
        wanted, other = pool.apply_async(perform, ("before",)), pool.apply_async(perform, ("await leave", "aside"))
        wanted.get()
        play("after", "mark leave")
        other.get()


def unordered_get(play: Play) -> None:
    """Another task's result."""
    with play.pool() as pool:
        wanted = pool.apply_async(perform, ("await written",))
        other = pool.apply_async(perform, ("before", "mark written"))
        wanted.get()
        play("after")
        other.get()


def ordered_get_of_an_error(play: Play) -> None:
    with play.pool() as pool:
        with pytest.raises(ArithmeticError):
            pool.apply_async(perform, ("before", "fail")).get()
        play("after")


def unordered_get_of_an_error(play: Play) -> None:
    """It was that of the wait, not of the task."""
    with play.pool() as pool:
        result = pool.apply_async(perform, ("before", "mark written", "await leave"))
        play("await written")
        with pytest.raises(multiprocessing.TimeoutError):
            result.get(A_MOMENT)
        play("after", "mark leave")
        result.get()


def ordered_wait(play: Play) -> None:
    with play.pool() as pool:
        pool.apply_async(perform, ("before",)).wait()
        play("after")


def unordered_wait(play: Play) -> None:
    with play.pool() as pool:
        result = pool.apply_async(perform, ("before", "mark written", "await leave"))
        play("await written")
        result.wait(A_MOMENT)
        play("after", "mark leave")
        result.get()


def ordered_ready(play: Play) -> None:
    with play.pool() as pool:
        until(pool.apply_async(perform, ("before",)).ready)
        play("after")


def unordered_ready(play: Play) -> None:
    with play.pool() as pool:
        result = pool.apply_async(perform, ("before", "mark written", "await leave"))
        play("await written")
        assert not result.ready()
        play("after", "mark leave")
        result.get()


def _is_successful(result: Any) -> bool:
    try:
        return bool(result.successful())
    except ValueError:
        return False


def ordered_successful(play: Play) -> None:
    with play.pool() as pool:
        result = pool.apply_async(perform, ("before",))
        until(lambda: _is_successful(result))
        play("after")


def unordered_successful(play: Play) -> None:
    with play.pool() as pool:
        result = pool.apply_async(perform, ("before", "mark written", "await leave"))
        play("await written")
        assert not _is_successful(result)
        play("after", "mark leave")
        result.get()


def ordered_apply(play: Play) -> None:
    with play.pool() as pool:
        pool.apply(perform, ("before",))
        play("after")


def unordered_apply(play: Play) -> None:
    with play.pool() as pool:
        other = pool.apply_async(perform, ("before", "mark written", "await leave"))
        pool.apply(perform, ("await written",))
        play("after", "mark leave")
        other.get()


def ordered_map(play: Play) -> None:
    with play.pool() as pool:
        pool.map(perform_all, [("before",)] * 3, chunksize=2)
        play("after")


def unordered_map(play: Play) -> None:
    """Its result was not asked for."""
    with play.pool() as pool:
        results = pool.map_async(perform_all, [("before", "mark one"), ("before", "mark two")], chunksize=1)
        play("await one", "await two", "after")
        results.get()


def ordered_map_with_an_error(play: Play) -> None:
    """All tasks have ended when the error of one is raised."""
    with play.pool() as pool:
        with pytest.raises(ArithmeticError):
            pool.map(perform_all, [("fail",), ("before",)], chunksize=1)
        play("after")


def unordered_map_with_an_error(play: Play) -> None:
    """What is drawn item by item raises while others run."""
    with play.pool() as pool:
        results = pool.imap(perform_all, [("await written", "fail"), ("before", "mark written", "await leave")])
        with pytest.raises(ArithmeticError):
            next(results)
        play("after", "mark leave")
        next(results)


def ordered_starmap(play: Play) -> None:
    with play.pool() as pool:
        pool.starmap(perform, [("before",), ("before",)])
        play("after")


def unordered_starmap(play: Play) -> None:
    with play.pool() as pool:
        results = pool.starmap_async(perform, [("before", "mark one"), ("before", "mark two")], chunksize=1)
        play("await one", "await two", "after")
        results.get()


def ordered_imap(play: Play) -> None:
    with play.pool() as pool:
        results = pool.imap(perform_all, [("before",), ("await leave", "aside")])
        next(results)
        play("after", "mark leave")
        next(results)


def unordered_imap(play: Play) -> None:
    """The first came out, not the second."""
    with play.pool() as pool:
        results = pool.imap(perform_all, [("await written",), ("before", "mark written")])
        next(results)
        play("after")
        next(results)


def ordered_imap_in_chunks(play: Play) -> None:
    with play.pool() as pool:
        results = pool.imap(perform_all, [("before",)] * 2 + [("await leave", "aside")] * 2, chunksize=2)
        next(results)
        play("after", "mark leave")
        list(results)


def unordered_imap_in_chunks(play: Play) -> None:
    with play.pool() as pool:
        steps = [("mark first",), ("await written",), ("before",), ("mark written",)]
        results = pool.imap(perform_all, steps, chunksize=2)
        next(results)
        next(results)
        play("after")
        list(results)


def ordered_imap_unordered(play: Play) -> None:
    with play.pool() as pool:
        results = pool.imap_unordered(perform_all, [("await leave", "aside"), ("before",)])
        next(results)
        play("after", "mark leave")
        next(results)


def unordered_imap_unordered(play: Play) -> None:
    with play.pool() as pool:
        results = pool.imap_unordered(perform_all, [("before", "mark written", "await leave"), ("await written",)])
        next(results)
        play("after", "mark leave")
        next(results)


def _take(results: Iterator[None]) -> None:
    next(results)


def ordered_imap_for_two(play: Play) -> None:
    """Two threads take results in turn."""
    with play.pool() as pool:
        results = pool.imap(perform_all, [(), ("before",)])
        with play.thread((_take, results), "mark taken"):
            play("await taken")
            next(results)
            play("after")


def unordered_imap_for_two(play: Play) -> None:
    with play.pool() as pool:
        results = pool.imap(
            perform_all, [("before", "mark written", "await second"), ("await written", "mark second")]
        )
        with play.thread((_take, results), "mark taken"):
            play("await taken")
            next(results)
            play("after")


def _drawn(play: Play, here: str, *tasks: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    for task in tasks:
        play(here)
        yield task


def ordered_drawn(play: Play) -> None:
    """What the task was made from was drawn in another thread."""
    with play.pool() as pool:
        list(pool.imap(perform_all, _drawn(play, "before", ("after",))))


def unordered_drawn(play: Play) -> None:
    def tasks() -> Iterator[tuple[str, ...]]:
        yield ("await written", "after")
        play("before", "mark written")

    with play.pool() as pool:
        list(pool.imap(perform_all, tasks()))


def ordered_drawing(play: Play) -> None:
    with play.pool() as pool:
        play("before")
        list(pool.imap_unordered(perform_all, _drawn(play, "after", ()), chunksize=2))


def unordered_drawing(play: Play) -> None:
    def tasks() -> Iterator[tuple[str, ...]]:
        play("await written", "after")
        yield ()

    with play.pool() as pool:
        results = pool.imap(perform_all, tasks())
        play("before", "mark written")
        list(results)


def ordered_callback(play: Play) -> None:
    with play.pool() as pool:
        result = pool.apply_async(perform, ("before",), callback=lambda _: play("after"))
        play("aside")
        result.wait()


def unordered_callback(play: Play) -> None:
    """That of another task."""
    with play.pool() as pool:
        other = pool.apply_async(perform, ("before", "mark written", "await leave"))
        pool.apply_async(perform, ("await written",), callback=lambda _: play("after", "mark leave"))
        other.wait()


def ordered_map_callback(play: Play) -> None:
    with play.pool() as pool:
        steps = [("before",), ("before",)]
        pool.map_async(perform_all, steps, chunksize=1, callback=lambda _: play("after")).wait()


def unordered_map_callback(play: Play) -> None:
    with play.pool() as pool:
        result = pool.map_async(perform_all, [("await written",)] * 2, callback=lambda _: play("after"))
        play("before", "mark written")
        result.wait()


def ordered_error_callback(play: Play) -> None:
    with play.pool() as pool:
        result = pool.apply_async(perform, ("before", "fail"), error_callback=lambda _: play("after"))
        play("aside")
        result.wait()


def unordered_error_callback(play: Play) -> None:
    with play.pool() as pool:
        other = pool.apply_async(perform, ("before", "mark written", "await leave"))
        failing = pool.apply_async(
            perform, ("await written", "fail"), error_callback=lambda _: play("after", "mark leave")
        )
        failing.wait()
        other.wait()


def ordered_get_after_a_callback(play: Play) -> None:
    """A callback has returned when the result can be had."""
    with play.pool() as pool:
        pool.apply_async(perform, callback=lambda _: play("before")).get()
        play("after")


def unordered_get_after_a_callback(play: Play) -> None:
    with play.pool() as pool:
        result = pool.apply_async(perform, callback=lambda _: play("before", "mark written"))
        play("await written", "after")
        result.get()


def ordered_pool_join(play: Play) -> None:
    with play.pool() as pool:
        pool.apply_async(perform, ("before",))
        pool.close()
        pool.join()
        play("after")


def unordered_pool_join(play: Play) -> None:
    """It was only closed."""
    with play.pool() as pool:
        pool.apply_async(perform, ("before", "mark written"))
        pool.close()
        play("await written", "after")
        pool.join()


def ordered_terminate(play: Play) -> None:
    with play.pool() as pool:
        pool.apply_async(perform, ("before", "mark written", "await never"))
        play("await written")
    play("after")


def unordered_terminate(play: Play) -> None:
    with play.pool() as pool:
        pool.apply_async(perform, ("before", "mark written"))
        play("await written", "after")


def _initialise(value: Any, folder: Any, *steps: str) -> None:
    keep(value, folder)
    act(value, folder, *steps)


def ordered_initialiser(play: Play) -> None:
    play("before")
    with play.context.Pool(1, initializer=_initialise, initargs=(play.value, play.folder, "after")) as pool:
        pool.apply(perform)


def unordered_initialiser(play: Play) -> None:
    arguments = (play.value, play.folder, "await written", "after")
    with play.context.Pool(1, initializer=_initialise, initargs=arguments) as pool:
        play("before", "mark written")
        pool.apply(perform)


def ordered_replaced_worker(play: Play) -> None:
    """It has ended, and another one has come in its place."""
    with play.pool(1, maxtasksperchild=1) as pool:
        pool.apply_async(perform, ("before", "mark written"))
        pool.apply_async(perform, ("await written",))
        pool.close()
        pool.join()
        play("after")


def unordered_replaced_worker(play: Play) -> None:
    with play.pool(1, maxtasksperchild=1) as pool:
        pool.apply_async(perform, ("before", "mark written"))
        pool.apply_async(perform, ("mark second",))
        play("await written", "await second", "after")
        pool.close()
        pool.join()


def ordered_thread_pool(play: Play) -> None:
    with ThreadPool(2) as pool:
        wanted, other = pool.apply_async(play, ("before",)), pool.apply_async(play, ("await leave", "aside"))
        wanted.get()
        play("after", "mark leave")
        other.get()


def unordered_thread_pool(play: Play) -> None:
    with ThreadPool(2) as pool:
        other = pool.apply_async(play, ("before", "mark written", "await leave"))
        pool.apply_async(play, ("await written",)).get()
        play("after", "mark leave")
        other.get()
