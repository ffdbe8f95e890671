"""Wrong: every process is given a lock, but each one another."""

from multiprocessing import Lock, Process, Value


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
    processes = [Process(target=add_many, args=(number, times, Lock())) for _ in range(workers)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    return number.value
