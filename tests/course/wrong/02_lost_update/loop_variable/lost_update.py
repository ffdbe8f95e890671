"""Wrong: the loop variable is changed, and the array is not."""

from multiprocessing import Lock, Process, Value


def add_many(number, times, lock):
    for _ in range(times):
        with lock:
            number.value += 1


def add_to_all(numbers, times, lock):
    for _ in range(times):
        with lock:
            for number in numbers:
                number += 1


def count_in_parallel(workers, times):
    number = Value("q", 0)
    lock = Lock()
    processes = [Process(target=add_many, args=(number, times, lock)) for _ in range(workers)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    return number.value
