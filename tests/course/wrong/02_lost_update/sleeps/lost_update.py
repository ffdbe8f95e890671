"""Wrong: each process waits a while of its own, so that they hardly ever meet."""

import os
import time
from multiprocessing import Lock, Process, Value


def add_many(number, times, lock):
    time.sleep(os.getpid() % 10 / 50)
    for _ in range(times):
        number.value += 1


def add_to_all(numbers, times, lock):
    for _ in range(times):
        for place in range(len(numbers)):
            with lock:
                numbers[place] += 1


def count_in_parallel(workers, times):
    number = Value("q", 0)
    lock = Lock()
    processes = [Process(target=add_many, args=(number, times, lock)) for _ in range(workers)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    return number.value
