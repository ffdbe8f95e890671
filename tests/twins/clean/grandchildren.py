"""A worker has a helper of its own, joins it, and goes on with what the helper wrote."""

import multiprocessing


def helper(cells, rank):
    cells[rank] = rank + 1


def worker(method, cells, pause, rank):
    pause(rank)
    process = multiprocessing.get_context(method).Process(target=helper, args=(cells, rank))
    process.start()
    process.join()
    cells[rank] *= 10


def main(context, pause):
    cells = context.RawArray("i", 2)
    method = context.get_start_method()
    workers = [context.Process(target=worker, args=(method, cells, pause, rank)) for rank in range(2)]
    for w in workers:
        w.start()
    for w in workers:
        w.join()
    return cells[:]
