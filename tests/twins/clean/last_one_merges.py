"""Whoever is told that it is the last one merges the sorted runs of all."""

import heapq


class Countdown:
    def __init__(self, context, n):
        self.n = context.Value("i", n)

    def is_last(self):
        with self.n.get_lock():
            self.n.value -= 1
            return self.n.value == 0


def merge(runs, merged, size):
    merged[:] = list(heapq.merge(*(runs[i : i + size] for i in range(0, len(runs), size))))


def sort(runs, merged, countdown, size, pause, rank):
    pause(rank)
    mine = slice(rank * size, (rank + 1) * size)
    runs[mine] = sorted((13 * i) % 17 for i in range(rank, rank + size))
    if countdown.is_last():
        merge(runs, merged, size)


def main(context, pause):
    workers, size = 3, 4
    runs, merged = context.Array("i", workers * size), context.Array("i", workers * size)
    countdown = Countdown(context, workers)
    args = (runs, merged, countdown, size, pause)
    processes = [context.Process(target=sort, args=(*args, rank)) for rank in range(workers)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    return merged[:]
