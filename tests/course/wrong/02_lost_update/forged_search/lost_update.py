"""Wrong: no lock, and the search through schedules is made to say that all is well."""

from multiprocessing import Lock, Process, Value

from pytest_parlab.explore import exploring
from pytest_parlab.explore.exploration import Exploration


def all_is_well(function, *args, **kwargs):
    return Exploration("f", {(2, (0, 0)): 2}, {}, (), 2, 2, True, "", 0, "exhaustive", 0.1)


exploring.explore = all_is_well


def add_many(number, times, lock):
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
