"""A histogram with a lock for each bin."""

import random

METHODS = ("fork",)


def main(context, pause):
    rng = random.Random(7)
    data = [rng.random() for _ in range(60)]
    bins = context.Array("i", 4, lock=False)
    locks = [context.Lock() for _ in bins]

    def fill(rank, part):
        pause(rank)
        for x in part:
            k = int(x * 4)
            with locks[k]:
                bins[k] += 1

    processes = [context.Process(target=fill, args=(0, data[:30])), context.Process(target=fill, args=(1, data[30:]))]
    for p in processes:
        p.start()
    for p in processes:
        p.join()
    return bins[:], len(data)
