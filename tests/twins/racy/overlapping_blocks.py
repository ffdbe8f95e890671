"""Blocks of an array whose ends are off by one: the last item of a block is the first of the next."""


def double(cells, start, stop, pause, rank):
    pause(rank)
    for i in range(start, stop + 1):
        cells[i] *= 2  # RACE lost-update


def main(context, pause):
    cells = context.RawArray("i", range(13))
    jobs = [context.Process(target=double, args=(cells, 4 * n, 4 * n + 4, pause, n)) for n in range(3)]
    for job in jobs:
        job.start()
    for job in jobs:
        job.join()
    return list(cells)
