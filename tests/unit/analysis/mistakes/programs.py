"""Small programs, each with one mistake or with none; the mark `# PLxxx` stands on the line that is to be named."""

from __future__ import annotations

import contextlib
import sys
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor, as_completed
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from multiprocessing.context import BaseContext


_left: list[Any] = []
_shared: list[Any] = []


def end_what_is_left() -> None:
    while _left:
        one = _left.pop()
        one.terminate()
        one.join()


def cube(number: int) -> int:
    if number < 0:
        raise ValueError(number)
    return number**3


def add(total: Any, times: int) -> None:
    for _ in range(times):
        total.value += 1  # PL201


def add_locked(total: Any, lock: Any, times: int) -> None:
    for _ in range(times):
        with lock:
            total.value += 1


def add_by_own_lock(context: BaseContext, total: Any, times: int) -> None:
    lock = context.Lock()  # PL202
    for _ in range(times):
        with lock:
            total.value += 1


def meet_with_lock(lock: Any, barrier: Any) -> None:
    """Start-up of a worker: keep the lock, and wait until both workers are there."""
    _shared.append(lock)
    barrier.wait(60)


def sleep_under_lock(seconds: float) -> None:
    with _shared[-1]:  # PL203
        time.sleep(seconds)


def sleep_then_lock(seconds: float) -> None:
    time.sleep(seconds)
    with _shared[-1]:
        _shared.append(_shared[-1])


def add_under_another(total: Any, lock: Any) -> None:
    with lock:
        total.value += 1  # PL204


def take(lock: Any, number: int) -> None:
    lock.acquire()  # PL205
    cube(number)
    lock.release()


def take_safely(lock: Any, number: int) -> None:
    with lock:
        cube(number)


def double(numbers: Any) -> None:
    for number in numbers:  # PL206
        number *= 2  # noqa: PLW2901


def double_in_place(numbers: Any) -> None:
    for place in range(len(numbers)):
        numbers[place] *= 2


def together(context: Any, *jobs: tuple[Any, ...]) -> list[Any]:
    processes = [context.Process(target=target, args=arguments) for target, *arguments in jobs]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    return [process.exitcode for process in processes]


# Starting


def bug_start_and_join_in_one_loop(context: Any) -> None:
    for number in range(3):
        process = context.Process(target=cube, args=(number,))
        process.start()
        process.join()  # PL101


def ok_start_loop_then_join_loop(context: Any) -> None:
    together(context, *((cube, number) for number in range(3)))


def ok_one_process_at_a_time_on_request(context: Any) -> None:
    together(context, (cube, 1))
    together(context, (cube, 2))


def bug_never_joined(context: Any) -> None:
    process = context.Process(target=cube, args=(2,))
    process.start()  # PL102
    _left.append(process)


def bug_join_given_up(context: Any) -> None:
    process = context.Process(target=time.sleep, args=(30,))
    process.start()  # PL102
    process.join(0.05)
    _left.append(process)


def bug_target_called(context: Any) -> None:
    process = context.Process(target=no_result(2))  # PL104
    process.start()
    process.join()


def no_result(number: int) -> Any:
    cube(number)


def bug_failure_not_looked_at(context: Any) -> None:
    process = context.Process(target=cube, args=(-1,))
    process.start()  # PL103
    process.join()


def ok_failure_looked_at(context: Any) -> None:
    assert together(context, (cube, -1), (sys.exit, 3)) == [1, 3]


# Sharing


def bug_unlocked(context: Any) -> None:
    total = context.Value("i", 0)
    together(context, (add, total, 5), (add, total, 5))


def ok_locked(context: Any) -> None:
    total = context.Value("i", 0)
    lock = context.Lock()
    together(context, (add_locked, total, lock, 5), (add_locked, total, lock, 5))
    together(context, (add_locked, total, total.get_lock(), 5), (add_locked, total, total.get_lock(), 5))


def ok_a_total_and_a_lock_for_each(context: Any) -> None:
    together(context, *((add_locked, context.Value("i", 0), context.Lock(), 5) for _ in range(2)))


def bug_own_lock(context: Any) -> None:
    total = context.Value("i", 0)
    together(context, (add_by_own_lock, context, total, 5), (add_by_own_lock, context, total, 5))


def bug_lock_around_everything(context: Any) -> None:
    with context.Pool(2, meet_with_lock, (context.Lock(), context.Barrier(2))) as pool:
        pool.map(sleep_under_lock, [0.1, 0.1], chunksize=1)


def ok_lock_after_the_work(context: Any) -> None:
    with context.Pool(2, meet_with_lock, (context.Lock(), context.Barrier(2))) as pool:
        pool.map(sleep_then_lock, [0.1, 0.1], chunksize=1)


def bug_two_locks(context: Any) -> None:
    total = context.Value("i", 0)
    adding = context.Lock()
    taking = context.Lock()
    together(context, (add_under_another, total, adding), (add_under_another, total, taking))


def bug_a_lock_made_for_each(context: Any) -> None:
    total = context.Value("i", 0)
    locks = [context.Lock() for _ in range(2)]  # PL202
    together(context, *((add_locked, total, lock, 5) for lock in locks))


def bug_not_released(context: Any) -> None:
    together(context, (take, context.Lock(), -1))


def ok_released_in_spite_of_an_error(context: Any) -> None:
    together(context, (take_safely, context.Lock(), -1))


def bug_copy_changed(context: Any) -> None:
    together(context, (double, context.Array("i", [1, 2, 3])))


def ok_element_changed(context: Any) -> None:
    together(context, (double_in_place, context.Array("i", [1, 2, 3])))


# Pools


def bug_pool_in_a_loop(context: Any) -> None:
    for number in range(2):
        with context.Pool(2) as pool:  # PL401
            pool.map(cube, [number, number])


def ok_pool_before_the_loop(context: Any) -> None:
    with context.Pool(2) as pool:
        for number in range(2):
            pool.map(cube, range(number, 8))


def bug_result_right_after_submit(context: Any) -> None:
    with ProcessPoolExecutor(2, mp_context=context) as executor:
        for number in range(4):
            executor.submit(cube, number).result()  # PL402


def bug_apply_in_a_loop(context: Any) -> None:
    with context.Pool(2) as pool:
        for number in range(4):
            pool.apply(cube, (number,))  # PL402


def ok_submit_all_then_ask(context: Any) -> None:
    with ProcessPoolExecutor(2, mp_context=context) as executor:
        futures = [executor.submit(cube, number) for number in range(4)]
        assert [future.result() for future in futures] == [0, 1, 8, 27]
        assert list(executor.map(cube, range(4), chunksize=2)) == [0, 1, 8, 27]


def bug_one_giant_chunk(context: Any) -> None:
    with context.Pool(2) as pool:
        pool.map(cube, range(8), chunksize=8)  # PL405


def bug_pool_of_one(context: Any) -> None:
    with context.Pool(1) as pool:  # PL405
        pool.map(cube, range(8))


def ok_chunks(context: Any) -> None:
    with context.Pool(2) as pool:
        assert sum(pool.imap(cube, range(8), chunksize=2)) == 784
        assert sum(pool.imap_unordered(cube, range(8))) == 784
        assert sum(pool.map(cube, range(8))) == 784


def bug_pool_left_open(context: Any) -> None:
    pool = context.Pool(2)  # PL407
    pool.map(cube, range(8))
    _left.append(pool)


def ok_close_and_join(context: Any) -> None:
    pool = context.Pool(2)
    pool.map(cube, range(8))
    pool.close()
    pool.join()


def bug_error_never_asked_for(context: Any) -> None:
    with context.Pool(2) as pool:
        pool.map(cube, range(2))
        pool.apply_async(cube, (-1,))  # PL408
        pool.close()
        pool.join()


def bug_error_swallowed(context: Any) -> None:
    with ProcessPoolExecutor(2, mp_context=context) as executor:
        futures = [executor.submit(cube, number) for number in (1, -1, 2)]
        for future in futures:
            try:
                future.result()
            except Exception:  # noqa: BLE001, S112   # PL408
                continue


def ok_error_raised(context: Any) -> None:
    with contextlib.suppress(ValueError), ProcessPoolExecutor(2, mp_context=context) as executor:
        futures = [executor.submit(cube, number) for number in (1, -1, -2)]
        for future in futures:
            future.result()
    with contextlib.suppress(ValueError), ProcessPoolExecutor(2, mp_context=context) as executor:
        list(executor.map(cube, (1, -1, -2)))
    with contextlib.suppress(ValueError), context.Pool(2) as pool:
        pool.map(cube, (1, -1, -2))


def ok_error_asked_for_in_another_way(context: Any) -> None:
    with ProcessPoolExecutor(2, mp_context=context) as executor:
        futures = [executor.submit(cube, number) for number in (1, -1)]
        assert sum(future.exception() is None for future in as_completed(futures)) == 1


def ok_error_told_by_a_callback(context: Any) -> None:
    errors: list[BaseException] = []
    with context.Pool(2) as pool:
        pool.map(cube, range(2))
        pool.apply_async(cube, (-1,), error_callback=errors.append).wait()
        pool.close()
        pool.join()


# Cost


def bug_more_than_asked(context: Any) -> None:
    with context.Pool(3) as pool:  # PL503
        pool.map(cube, range(8))


def ok_threads_that_wait(context: Any) -> None:
    with ThreadPoolExecutor(4) as executor:
        list(executor.map(time.sleep, [0.01] * 8))
