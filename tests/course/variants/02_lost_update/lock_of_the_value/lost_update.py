"""Honest: the lock that the Value and the Array have anyway, taken by hand."""

from multiprocessing import Process, Value


def add_many(number, times, lock):
    for _ in range(times):
        number.get_lock().acquire()
        try:
            number.value = number.value + 1
        finally:
            number.get_lock().release()


def add_to_all(numbers, times, lock):
    for _ in range(times):
        with numbers.get_lock():
            for place, number in enumerate(numbers):
                numbers[place] = number + 1


def count_in_parallel(workers, times):
    number = Value("i")
    processes = []
    for _ in range(workers):
        process = Process(target=add_many, kwargs={"number": number, "times": times, "lock": None})
        process.start()
        processes.append(process)
    while processes:
        processes.pop().join()
    with number.get_lock():
        return number.value
