"""Wrong: no process is made; the parent does the work."""

from multiprocessing import Lock, Value


def add_many(number, times, lock):
    for _ in range(times):
        with lock:
            number.value += 1


def add_to_all(numbers, times, lock):
    for _ in range(times):
        for place in range(len(numbers)):
            with lock:
                numbers[place] += 1


def count_in_parallel(workers, times):
    number = Value("q", 0)
    lock = Lock()
    for _ in range(workers):
        add_many(number, times, lock)
    return number.value
