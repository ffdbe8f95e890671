"""The stage for litmus programs: what a process does step by step, and signs between processes that are no edges.

A program is a function of a `Play`. Its name says the edge and the verdict that holds by construction: in
``ordered_X`` everything that `before` does comes before everything that `after` does; in ``unordered_X`` it does not,
although it did in this run. What `aside` does is not ordered with `after` in either.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing.context import BaseContext
from pathlib import Path
from typing import Any

HALF_A_MINUTE = 30.0
A_MOMENT = 0.01
"""For what is meant to run out of time."""

Step = str | tuple[Any, ...]
"""``before``, ``after`` or ``aside``; ``fail``; ``mark NAME`` and ``await NAME``; or a call: a function and its
arguments, or an object, the name of its method and the arguments."""


def before(value: Any) -> None:
    value.value = 1


def after(value: Any) -> int:
    return int(value.value)


def aside(value: Any) -> None:
    value.value = 2


def is_marked(folder: Path, name: str) -> bool:
    return (folder / name).exists()


def wait_for_mark(folder: Path, name: str) -> None:
    """Wait for a file, which orders nothing."""
    end = time.monotonic() + HALF_A_MINUTE
    while not is_marked(folder, name):
        assert time.monotonic() < end, f"nobody has marked {name!r}"
        time.sleep(0.001)


def act(value: Any, folder: Path, *steps: Step) -> None:
    """Do one step after the other."""
    for step in steps:
        match step:
            case "before":
                before(value)
            case "after":
                after(value)
            case "aside":
                aside(value)
            case "fail":
                raise ArithmeticError
            case str():
                what, name = step.split()
                (Path.touch if what == "mark" else _wait)(folder / name)
            case (function, *arguments) if callable(function):
                function(*arguments)
            case (thing, method, *arguments):
                getattr(thing, method)(*arguments)


def _wait(mark: Path) -> None:
    wait_for_mark(mark.parent, mark.name)


_kept: list[Any] = []


def keep(value: Any, folder: Path) -> None:
    """Initialise a worker."""
    _kept[:] = [value, folder]


def perform(*steps: Step) -> None:
    """Act in a worker."""
    act(*_kept, *steps)


def perform_all(steps: tuple[Step, ...]) -> None:
    """Act in a worker, as it is asked to by ``map``."""
    perform(*steps)


class Play:
    """What a program is given.

    Args:
        context: Of the start method under which it runs.
        folder: An empty folder for marks.

    Attributes:
        value: A shared number.
    """

    def __init__(self, context: BaseContext, folder: Path) -> None:
        self.context: Any = context
        self.folder = folder
        self.value = self.context.Value("i", 0)
        self._queues: list[Any] = []
        self._started: list[Any] = []

    def __call__(self, *steps: Step) -> None:
        """Act here and now."""
        act(self.value, self.folder, *steps)

    def start(self, *steps: Step) -> Any:
        """Start a process that acts."""
        process = self.context.Process(target=act, args=(self.value, self.folder, *steps))
        process.start()
        self._started.append(process)
        return process

    @contextmanager
    def process(self, *steps: Step) -> Iterator[Any]:
        """A process that acts, and is joined at the end of the block."""
        process = self.start(*steps)
        yield process
        process.join(HALF_A_MINUTE)
        assert process.exitcode == 0

    @contextmanager
    def thread(self, *steps: Step) -> Iterator[threading.Thread]:
        """A thread that acts, and is joined at the end of the block."""
        thread = threading.Thread(target=act, args=(self.value, self.folder, *steps))
        thread.start()
        yield thread
        thread.join(HALF_A_MINUTE)
        assert not thread.is_alive()

    def pool(self, workers: int = 2, **options: Any) -> Any:
        """A pool whose workers can `perform`."""
        return self.context.Pool(workers, initializer=keep, initargs=(self.value, self.folder), **options)

    def queue(self, kind: str, *size: int) -> Any:
        """A queue whose feeder thread is gone when the play is over."""
        queue = getattr(self.context, kind)(*size)
        self._queues.append(queue)
        return queue

    def is_marked(self, name: str) -> bool:
        return is_marked(self.folder, name)

    def end(self) -> None:
        """Leave nothing behind, also where something went wrong."""
        for process in self._started:
            with suppress(ValueError):  # it is closed
                process.kill()
                process.join()
        for queue in self._queues:
            queue.close()
            if hasattr(queue, "join_thread"):
                queue.join_thread()


def until(answer: Callable[[], object]) -> None:
    """Ask again and again."""
    end = time.monotonic() + HALF_A_MINUTE
    while not answer():
        assert time.monotonic() < end
        time.sleep(0.001)
