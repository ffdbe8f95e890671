"""Wrong: every process makes its lock when it begins."""

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


def work(number, times):
    add_many(number, times, Lock())


def count_in_parallel(workers, times):
    number = Value("q", 0)
    processes = [Process(target=work, args=(number, times)) for _ in range(workers)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    return number.value
