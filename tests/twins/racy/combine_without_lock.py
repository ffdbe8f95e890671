"""Every task sums its share alone, as it should, and then adds it to the total without a lock."""

import time

METHODS = ("fork",)
total = None


def share(rank, numbers, pause):
    pause(rank)
    time.sleep(0.02)
    local = sum(n * n for n in numbers)
    total.value += local  # RACE lost-update


def main(context, pause):
    global total
    total = context.Value("q", 0)
    pool = context.Pool(3)
    jobs = [pool.apply_async(share, (rank, range(rank, 60, 3), pause)) for rank in range(3)]
    for job in jobs:
        job.get()
    pool.close()
    pool.join()
    return total.value
