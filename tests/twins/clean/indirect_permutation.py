"""Indirect writes that never meet: the index is a permutation, and each worker has its own part of it."""

ORDER = [3, 0, 7, 4, 1, 6, 2, 5]


def scatter(out, part, pause, rank):
    pause(rank)
    for source in part:
        out[ORDER[source]] += source * 10


def main(context, pause):
    out = context.RawArray("i", len(ORDER))
    processes = [context.Process(target=scatter, args=(out, range(r, 8, 2), pause, r)) for r in (0, 1)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    return out[:]
