"""While a Pool works through a map, the main process shows the counter."""

import time


def init(shared, wait):
    global counter, pause
    counter, pause = shared, wait


def task(n):
    pause(n)
    time.sleep(0.005)
    with counter.get_lock():
        counter.value += 1
    return n


def show(done, of):
    print("#" * done + "." * (of - done), end="\r")


def main(context, pause):
    counter = context.Value("i", 0)
    with context.Pool(2, init, (counter, pause)) as pool:
        result = pool.map_async(task, range(4), chunksize=1)
        while not result.ready():
            show(counter.value, 4)
            result.wait(0.004)
        numbers = result.get()
    return numbers, counter.value
