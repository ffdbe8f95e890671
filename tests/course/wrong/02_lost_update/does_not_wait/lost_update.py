"""Wrong: takes the lock if it is free, and goes on without it if it is not."""

from multiprocessing import Lock, Process, Value


def add_many(number, times, lock):
    for _ in range(times):
        mine = lock.acquire(block=False)
        number.value += 1
        if mine:
            lock.release()


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
