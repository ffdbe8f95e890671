"""Two maps of one Pool: the second reads what the first wrote, in other tasks."""

import time


def init(*shared):
    global a, b
    a, b = shared


def first(i):
    time.sleep(0.002)
    a[i] = i + 1


def second(i):
    time.sleep(0.002)
    b[i] = a[i] + a[(i + 1) % len(a)]


def main(context, pause):
    a, b = context.RawArray("i", 6), context.RawArray("i", 6)
    with context.Pool(2, init, (a, b)) as pool:
        pool.map(first, range(6), 1)
        pool.map(second, range(6), 1)
        pool.close()
        pool.join()
    return list(b)
