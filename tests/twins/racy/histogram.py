"""A histogram: two measurements that fall into one bin are counted in two processes."""

import random

METHODS = ("fork",)


def main(context, pause):
    bins = context.Array("i", 4)
    rng = random.Random(7)
    data = [rng.random() for _ in range(60)]

    def fill(rank, part):
        pause(rank)
        for x in part:
            bins[int(x * 4)] += 1  # RACE lost-update

    processes = [context.Process(target=fill, args=(0, data[:30])), context.Process(target=fill, args=(1, data[30:]))]
    for p in processes:
        p.start()
    for p in processes:
        p.join()
    return bins[:], len(data)
