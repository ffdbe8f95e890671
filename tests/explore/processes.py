"""Processes: how they begin, what is known while they run, and how they end."""

from __future__ import annotations

import multiprocessing
import os
import time
from multiprocessing import connection
from typing import Any

from pytest_parlab.explore.exploration import DEADLOCK, Raised
from tests.explore.litmus import A_SECOND, AN_HOUR, NO, YES, add, gives, put_into, together


def _nothing() -> None:
    """End at once."""


@gives("done")
def nothing_happens(context: Any) -> str:
    together(*(context.Process(target=_nothing) for _ in range(2)))
    return "done"


@gives(YES, NO)
def is_it_alive_before_the_join(context: Any) -> bool:
    value = context.Value("i", 0)
    process = context.Process(target=add, args=(value,))
    process.start()
    alive = bool(process.is_alive())
    process.join()
    return alive


@gives((False, 1))
def it_is_not_alive_after_the_join(context: Any) -> tuple[bool, int]:
    value = context.Value("i", 0)
    process = context.Process(target=add, args=(value,))
    process.start()
    process.join()
    return bool(process.is_alive()), int(value.value)


@gives((True, 0), (True, 1), (False, 1))
def who_is_not_alive_has_done_all(context: Any) -> tuple[bool, int]:
    value = context.Value("i", 0)
    process = context.Process(target=put_into, args=(value, 1))
    process.start()
    seen = bool(process.is_alive()), int(value.value)
    process.join()
    return seen


@gives(None, 0)
def the_exit_code_before_the_join(context: Any) -> int | None:
    value = context.Value("i", 0)
    process = context.Process(target=add, args=(value,))
    process.start()
    code = process.exitcode
    process.join()
    return None if code is None else int(code)


def _leave(value: Any, code: int) -> None:
    add(value)
    raise SystemExit(code)


@gives(3)
def an_exit_code_of_its_own(context: Any) -> int:
    value = context.Value("i", 0)
    process = context.Process(target=_leave, args=(value, 3))
    together(process)
    return int(process.exitcode)


def _leave_at_once(value: Any, code: int) -> None:
    add(value)
    os._exit(code)


@gives(4)
def leaving_without_any_clearing_up(context: Any) -> int:
    value = context.Value("i", 0)
    process = context.Process(target=_leave_at_once, args=(value, 4))
    together(process)
    return int(process.exitcode)


def _await(event: Any) -> None:
    event.wait()


@gives((True, 0))
def a_join_that_gives_up(context: Any) -> tuple[bool, int]:
    event = context.Event()
    process = context.Process(target=_await, args=(event,))
    process.start()
    process.join(A_SECOND)
    alive = bool(process.is_alive())
    event.set()
    process.join()
    return alive, int(process.exitcode)


@gives((False, 1))
def a_join_with_time_enough(context: Any) -> tuple[bool, int]:
    """Time passes only when nobody can go on."""
    value = context.Value("i", 0)
    process = context.Process(target=add, args=(value,))
    process.start()
    process.join(AN_HOUR)
    return bool(process.is_alive()), int(value.value)


@gives(DEADLOCK)
def a_join_that_never_ends(context: Any) -> None:
    event = context.Event()
    together(context.Process(target=_await, args=(event,)))


@gives(1)
def waiting_for_the_sentinel(context: Any) -> int:
    value = context.Value("i", 0)
    process = context.Process(target=put_into, args=(value, 1))
    process.start()
    connection.wait([process.sentinel])
    seen = int(value.value)
    process.join()
    return seen


def _write_and_await(value: Any, event: Any) -> None:
    value.value = 1
    event.wait()


@gives((0, -15), (1, -15))
def ended_from_outside(context: Any) -> tuple[int, int]:
    value, event = context.Value("i", 0), context.Event()
    process = context.Process(target=_write_and_await, args=(value, event))
    process.start()
    process.terminate()
    process.join()
    return int(value.value), int(process.exitcode)


@gives("done")
def a_daemon_that_waits_for_ever(context: Any) -> str:
    context.Process(target=_await, args=(context.Event(),), daemon=True).start()
    return "done"


def _sleep_for_ever() -> None:
    while True:
        time.sleep(A_SECOND)


@gives("done")
def a_daemon_that_sleeps_for_ever(context: Any) -> str:
    context.Process(target=_sleep_for_ever, daemon=True).start()
    return "done"


@gives(0, 1)
def nobody_is_joined(context: Any) -> int:
    value = context.RawValue("i", 0)
    context.Process(target=put_into, args=(value, 1)).start()
    return int(value.value)


def _add_with_a_child(method: str, value: Any) -> None:
    context: Any = multiprocessing.get_context(method)
    process = context.Process(target=add, args=(value,))
    process.start()
    add(value)
    process.join()


@gives(1, 2)
def a_child_has_a_child(context: Any) -> int:
    value = context.Value("i", 0)
    together(context.Process(target=_add_with_a_child, args=(context.get_start_method(), value)))
    return int(value.value)


class _Adder(multiprocessing.get_context("fork").Process):  # type: ignore[misc]
    def __init__(self, value: Any) -> None:
        super().__init__()
        self.value = value

    def run(self) -> None:
        self.value.value += 1


@gives(1, 2)
def a_class_of_processes(context: Any) -> int:
    value = context.Value("i", 0)
    together(_Adder(value), _Adder(value))
    return int(value.value)


def _sleep_and_write(value: Any, seconds: float) -> None:
    time.sleep(seconds)
    value.value = 1


@gives(0, 1)
def sleeping_longer_orders_nothing(context: Any) -> int:
    value = context.Value("i", 0)
    process = context.Process(target=_sleep_and_write, args=(value, A_SECOND))
    process.start()
    time.sleep(AN_HOUR)
    seen = int(value.value)
    process.join()
    return seen


def _add_slowly(value: Any, seconds: float) -> None:
    time.sleep(seconds)
    value.value += 1


@gives(1, 2)
def sleeping_in_turn_orders_nothing(context: Any) -> int:
    value = context.Value("i", 0)
    together(*(context.Process(target=_add_slowly, args=(value, turn * A_SECOND)) for turn in range(2)))
    return int(value.value)


@gives("done", Raised("ValueError", "the other was first"))
def raising_in_some_schedules(context: Any) -> str:
    value = context.Value("i", 0)
    process = context.Process(target=put_into, args=(value, 1))
    process.start()
    seen = value.value
    process.join()
    if seen:
        raise ValueError("the other was first")
    return "done"


@gives((1, (2, (3,))))
def a_list_is_an_outcome(context: Any) -> list[Any]:
    return [1, [2, (3,)]]


@gives(2, 3)
def one_is_started_after_another_ended(context: Any) -> int:
    """Whoever starts third meets the second only."""
    value = context.Value("i", 0)
    together(context.Process(target=add, args=(value,)))
    together(*(context.Process(target=add, args=(value,)) for _ in range(2)))
    return int(value.value)
