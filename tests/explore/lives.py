"""Processes that are started by chance, by others, or end in ways of their own."""

from __future__ import annotations

import multiprocessing
import os
import signal
from typing import Any

from pytest_parlab.explore.exploration import DEADLOCK, Raised
from tests.explore.litmus import A_SECOND, NO, YES, add, gives, put_into, together


@gives(1, 2, 3)
def one_more_is_started_in_some_schedules(context: Any) -> int:
    """If the first one is seen to have written, a third one adds: 1 or 2 without it, up to 3 with it."""
    value, ready = context.Value("i", 0), context.Value("i", 0)
    processes = [
        context.Process(target=_add_and_say, args=(value, ready)),
        context.Process(target=add, args=(value,)),
    ]
    for process in processes:
        process.start()
    if ready.value:
        processes.append(context.Process(target=add, args=(value,)))
        processes[-1].start()
    for process in processes:
        process.join()
    return int(value.value)


def _add_and_say(value: Any, ready: Any) -> None:
    value.value += 1
    ready.value = 1


def _start_one(method: str, value: Any) -> None:
    context: Any = multiprocessing.get_context(method)
    process = context.Process(target=add, args=(value,))
    process.start()
    process.join()


@gives(1, 2)
def two_children_have_a_child_each(context: Any) -> int:
    value, method = context.Value("i", 0), context.get_start_method()
    together(*(context.Process(target=_start_one, args=(method, value)) for _ in range(2)))
    return int(value.value)


def _leave_one_behind(method: str, value: Any) -> None:
    context: Any = multiprocessing.get_context(method)
    context.Process(target=add, args=(value,)).start()


@gives(1)
def who_has_children_waits_for_them_at_the_end(context: Any) -> int:
    """A process joins those that it started and did not join, before it ends."""
    value = context.Value("i", 0)
    together(context.Process(target=_leave_one_behind, args=(context.get_start_method(), value)))
    return int(value.value)


def _fail(value: Any) -> None:
    value.value = 1
    raise ValueError("a child may fail")


@gives((1, 1))
def a_child_that_fails(context: Any) -> tuple[int, int]:
    value = context.Value("i", 0)
    process = context.Process(target=_fail, args=(value,))
    together(process)
    return int(value.value), int(process.exitcode)


def _fail_under(lock: Any) -> None:
    with lock:
        raise ValueError("a child may fail")


@gives(1)
def a_child_that_fails_gives_its_lock_back(context: Any) -> int:
    lock = context.Lock()
    process = context.Process(target=_fail_under, args=(lock,))
    together(process)
    with lock:
        return int(process.exitcode)


@gives(Raised("ValueError", "a child may fail (in the child)"))
def a_child_that_fails_and_nobody_looks(context: Any) -> str:
    """Nobody asks for the exit code: the failure is told all the same."""
    together(context.Process(target=_fail, args=(context.RawValue("i", 0),), name="the child"))
    return "done"


def _die_under(lock: Any) -> None:
    with lock:
        os.kill(os.getpid(), signal.SIGKILL)


@gives(DEADLOCK)
def a_child_that_is_killed_keeps_its_lock(context: Any) -> str:
    lock = context.Lock()
    together(context.Process(target=_die_under, args=(lock,)))
    with lock:
        return "done"


@gives((1, -9))
def a_child_that_kills_itself(context: Any) -> tuple[int, int]:
    value = context.Value("i", 0)
    process = context.Process(target=_write_and_die, args=(value,))
    together(process)
    return int(value.value), int(process.exitcode)


def _write_and_die(value: Any) -> None:
    value.value = 1
    os.kill(os.getpid(), signal.SIGKILL)


@gives(Raised("RuntimeError", "no"), "done")
def the_caller_fails_while_a_child_runs(context: Any) -> str:
    value = context.Value("i", 0)
    context.Process(target=put_into, args=(value, 1)).start()
    if value.value:
        raise RuntimeError("no")
    return "done"


@gives(0, 1, 2)
def active_children_that_are_left(context: Any) -> int:
    """Those that are not over yet when it is asked."""
    value = context.Value("i", 0)
    processes = [context.Process(target=put_into, args=(value, number)) for number in range(2)]
    for process in processes:
        process.start()
    seen = len(multiprocessing.active_children())
    for process in processes:
        process.join()
    return seen


@gives((YES, NO))
def a_process_joined_with_no_time_at_all(context: Any) -> tuple[bool, bool]:
    event = context.Event()
    process = context.Process(target=_await, args=(event,))
    process.start()
    process.join(0)
    before = bool(process.is_alive())
    event.set()
    process.join()
    process.close()
    return before, event is None


def _await(event: Any) -> None:
    event.wait()


@gives(YES, NO)
def a_process_that_may_be_over_at_once(context: Any) -> bool:
    value = context.Value("i", 0)
    process = context.Process(target=add, args=(value,))
    process.start()
    process.join(0)
    over = process.exitcode is not None
    process.join()
    return over


@gives("killed")
def a_process_that_is_killed_while_it_waits(context: Any) -> str:
    event = context.Event()
    process = context.Process(target=_await, args=(event,))
    process.start()
    process.join(A_SECOND)
    process.kill()
    process.join()
    return "killed" if process.exitcode == -signal.SIGKILL else "ended"


@gives(("first", "second"))
def names_of_processes(context: Any) -> tuple[str, ...]:
    processes = [context.Process(target=_nothing, name=name) for name in ("first", "second")]
    together(*processes)
    return tuple(process.name for process in processes)


def _nothing() -> None:
    """End at once."""


@gives(1, 2)
def functions_that_have_no_name(context: Any) -> int:
    """Under fork nothing is pickled."""
    value = context.Value("i", 0)
    together(*(context.Process(target=lambda: add(value)) for _ in range(2)))
    return int(value.value)
