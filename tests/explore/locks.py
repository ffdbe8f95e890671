"""Locks and semaphores: who gets in, who waits for ever, who is refused."""

from __future__ import annotations

from typing import Any

from pytest_parlab.explore.exploration import DEADLOCK
from tests.explore.litmus import A_SECOND, AN_HOUR, NO, YES, add, gives, together


def _add_under(lock: Any, value: Any) -> None:
    with lock:
        value.value += 1


@gives(2)
def two_add_under_a_lock(context: Any) -> int:
    lock, value = context.Lock(), context.Value("i", 0)
    together(*(context.Process(target=_add_under, args=(lock, value)) for _ in range(2)))
    return int(value.value)


@gives(1, 2)
def two_add_under_two_locks(context: Any) -> int:
    locks, value = [context.Lock(), context.Lock()], context.Value("i", 0)
    together(*(context.Process(target=_add_under, args=(lock, value)) for lock in locks))
    return int(value.value)


def _add_if_free(lock: Any, value: Any) -> None:
    if lock.acquire(block=False):
        value.value += 1
        lock.release()


@gives(1, 2)
def two_add_if_the_lock_is_free(context: Any) -> int:
    lock, value = context.Lock(), context.Value("i", 0)
    together(*(context.Process(target=_add_if_free, args=(lock, value)) for _ in range(2)))
    return int(value.value)


def _keep(lock: Any, got: Any, at: int) -> None:
    got[at] = lock.acquire(block=False)


@gives((0, 1), (1, 0))
def two_try_and_one_keeps_the_lock(context: Any) -> tuple[int, ...]:
    """A process that ends with a lock keeps it."""
    lock, got = context.Lock(), context.Array("i", 2)
    together(*(context.Process(target=_keep, args=(lock, got, at)) for at in range(2)))
    return tuple(got)


def _take_both(first: Any, second: Any) -> None:
    with first, second:
        pass


@gives("done", DEADLOCK)
def two_locks_in_opposite_orders(context: Any) -> str:
    left, right = context.Lock(), context.Lock()
    together(
        context.Process(target=_take_both, args=(left, right)),
        context.Process(target=_take_both, args=(right, left)),
    )
    return "done"


@gives("done", DEADLOCK)
def two_reentrant_locks_in_opposite_orders(context: Any) -> str:
    left, right = context.RLock(), context.RLock()
    together(
        context.Process(target=_take_both, args=(left, right)),
        context.Process(target=_take_both, args=(right, left)),
    )
    return "done"


@gives("done")
def two_locks_in_one_order(context: Any) -> str:
    left, right = context.Lock(), context.Lock()
    together(*(context.Process(target=_take_both, args=(left, right)) for _ in range(2)))
    return "done"


@gives("done", DEADLOCK)
def three_locks_in_a_ring(context: Any) -> str:
    """It takes all three to hang."""
    locks = [context.Lock() for _ in range(3)]
    together(*(context.Process(target=_take_both, args=(locks[at], locks[at - 1])) for at in range(3)))
    return "done"


@gives(DEADLOCK)
def a_lock_taken_twice(context: Any) -> None:
    lock = context.Lock()
    together(context.Process(target=_take_both, args=(lock, lock)))


@gives(DEADLOCK)
def the_caller_takes_a_lock_twice(context: Any) -> None:
    lock = context.Lock()
    _take_both(lock, lock)


def _take(lock: Any) -> None:
    lock.acquire()


@gives(DEADLOCK)
def a_lock_that_went_with_its_holder(context: Any) -> None:
    lock = context.Lock()
    together(*(context.Process(target=_take, args=(lock,)) for _ in range(2)))


@gives(NO)
def a_lock_that_never_comes_back_until_the_time_is_up(context: Any) -> bool:
    lock = context.Lock()
    together(context.Process(target=_take, args=(lock,)))
    return bool(lock.acquire(timeout=A_SECOND))


@gives(YES)
def a_lock_that_comes_back_in_time(context: Any) -> bool:
    """Time passes only when nobody can go on."""
    lock, value = context.Lock(), context.Value("i", 0)
    process = context.Process(target=_add_under, args=(lock, value))
    process.start()
    got = bool(lock.acquire(timeout=A_SECOND))
    if got:
        lock.release()
    process.join()
    return got


def _give_back(lock: Any) -> None:
    lock.release()


@gives("done")
def a_lock_given_back_by_another(context: Any) -> str:
    lock = context.Lock()
    lock.acquire()
    process = context.Process(target=_give_back, args=(lock,))
    process.start()
    lock.acquire()
    process.join()
    return "done"


@gives("ValueError")
def a_lock_given_back_twice(context: Any) -> str:
    lock = context.Lock()
    with lock:
        pass
    try:
        lock.release()
    except ValueError as error:
        return type(error).__name__
    return "done"


def _add_nested(lock: Any, value: Any) -> None:
    with lock:
        add(value)
        with lock:
            add(value)
        add(value)


@gives(6)
def a_reentrant_lock_is_free_when_all_levels_are_left(context: Any) -> int:
    lock, value = context.RLock(), context.Value("i", 0)
    together(*(context.Process(target=_add_nested, args=(lock, value)) for _ in range(2)))
    return int(value.value)


def _give_back_foreign(lock: Any, refused: Any) -> None:
    try:
        lock.release()
    except AssertionError:
        refused.value = 1


@gives(1)
def a_reentrant_lock_of_another_cannot_be_given_back(context: Any) -> int:
    lock, refused = context.RLock(), context.Value("i", 0)
    with lock:
        together(context.Process(target=_give_back_foreign, args=(lock, refused)))
    return int(refused.value)


def _enter(room: Any, inside: Any, most: Any) -> None:
    with room:
        with inside.get_lock():
            inside.value += 1
            most.value = max(most.value, inside.value)
        with inside.get_lock():
            inside.value -= 1


@gives(1, 2)
def a_semaphore_of_two_lets_two_in(context: Any) -> int:
    room, inside, most = context.Semaphore(2), context.Value("i", 0), context.Value("i", 0)
    together(*(context.Process(target=_enter, args=(room, inside, most)) for _ in range(2)))
    return int(most.value)


@gives(1)
def a_semaphore_of_one_lets_one_in(context: Any) -> int:
    room, inside, most = context.BoundedSemaphore(1), context.Value("i", 0), context.Value("i", 0)
    together(*(context.Process(target=_enter, args=(room, inside, most)) for _ in range(2)))
    return int(most.value)


def _write_and_tell(value: Any, done: Any) -> None:
    value.value = 1
    done.release()


@gives(1)
def a_semaphore_as_a_signal(context: Any) -> int:
    value, done = context.Value("i", 0), context.Semaphore(0)
    process = context.Process(target=_write_and_tell, args=(value, done))
    process.start()
    done.acquire()
    seen = int(value.value)
    process.join()
    return seen


@gives((True, True, False))
def a_semaphore_counts(context: Any) -> tuple[bool, ...]:
    room = context.Semaphore(0)
    room.release()
    room.release()
    return tuple(bool(room.acquire(block=False)) for _ in range(3))


@gives(DEADLOCK)
def a_semaphore_of_nothing(context: Any) -> None:
    context.Semaphore(0).acquire()


@gives(NO)
def a_semaphore_of_nothing_for_an_hour(context: Any) -> bool:
    return bool(context.Semaphore(0).acquire(timeout=AN_HOUR))


@gives("ValueError")
def a_bounded_semaphore_given_back_too_often(context: Any) -> str:
    room = context.BoundedSemaphore(1)
    try:
        room.release()
    except ValueError as error:
        return type(error).__name__
    return "done"
