"""The total is read when every task's result has been fetched."""

import time


def init(shared_total, wait):
    global total, pause
    total = shared_total
    pause = wait


def add(rank, amount):
    pause(rank)
    time.sleep(0.005)
    with total.get_lock():
        total.value += amount


def main(context, pause):
    total = context.Value("i", 0)
    pool = context.Pool(2, initializer=init, initargs=(total, pause))
    handles = [pool.apply_async(add, (rank, amount)) for rank, amount in enumerate((30, 12))]
    for handle in handles:
        handle.get()
    result = total.value
    pool.close()
    pool.join()
    return result
