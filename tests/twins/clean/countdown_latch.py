"""A latch counts down under its lock, and who waits for it looks again and again until nothing is left to wait for."""

import time


class Latch:
    def __init__(self, context, count):
        self.count = context.Value("i", count)

    def count_down(self):
        with self.count.get_lock():
            self.count.value -= 1

    def wait(self):
        while self.count.value > 0:
            time.sleep(0.0005)


def load(weights, latch, pause, rank):
    pause(rank)
    weights[rank] = (rank + 2) ** 2
    latch.count_down()


def main(context, pause):
    weights = context.Array("i", 3)
    latch = Latch(context, 3)
    loaders = [context.Process(target=load, args=(weights, latch, pause, rank)) for rank in range(3)]
    for loader in loaders:
        loader.start()
    latch.wait()
    total = sum(weights)
    for loader in loaders:
        loader.join()
    return total
