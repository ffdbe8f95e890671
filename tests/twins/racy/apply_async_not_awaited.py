"""The total is read when all tasks have been given to the Pool, which is not when they are done."""

import time


def init(shared_total, wait):
    global total, pause
    total = shared_total
    pause = wait


def add(rank, amount):
    pause(rank)
    time.sleep(0.005)
    with total.get_lock():
        total.value += amount  # RACE unserialisable soon


def main(context, pause):
    total = context.Value("i", 0)
    pool = context.Pool(2, initializer=init, initargs=(total, pause))
    for rank, amount in enumerate((30, 12)):
        pool.apply_async(add, (rank, amount))
    pause(2)
    result = total.value  # RACE unserialisable soon
    pool.close()
    pool.join()
    return result
