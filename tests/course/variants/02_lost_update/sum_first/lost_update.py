"""Honest: adds up in a variable of its own, and takes the lock once."""

import multiprocessing


def add_many(number, times, lock):
    mine = 0
    for _ in range(times):
        mine += 1
    with lock:
        number.value += mine


def add_to_all(numbers, times, lock):
    lock.acquire()
    for place in range(len(numbers)):
        numbers[place] += times
    lock.release()


def count_in_parallel(workers, times):
    context = multiprocessing.get_context()
    number, lock = context.Value("q", 0), context.RLock()
    processes = [context.Process(target=add_many, args=(number, times, lock), daemon=True) for _ in range(workers)]
    [process.start() for process in processes]
    [process.join() for process in processes]
    assert all(process.exitcode == 0 for process in processes)
    return number.value
