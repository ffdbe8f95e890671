"""Read under the lock, written under the lock, and let go in between to compute."""

import time


def slow_square(x):
    time.sleep(0.0005)
    return x * x


class Adder:
    def __init__(self, lock, total):
        self.lock = lock
        self.total = total

    def __call__(self, pause, rank, numbers):
        pause(rank)
        for number in numbers:
            with self.lock:
                before = self.total.value
            result = slow_square(number)
            with self.lock:
                self.total.value = before + result  # RACE lost-update


def main(context, pause):
    adder = Adder(context.Lock(), context.Value("q", 0))
    workers = [context.Process(target=adder, args=(pause, rank, range(rank, 20, 2))) for rank in (0, 1)]
    for w in workers:
        w.start()
    for w in workers:
        w.join()
    return adder.total.value
