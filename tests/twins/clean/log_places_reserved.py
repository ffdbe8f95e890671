"""A place in the log is reserved under the lock; the entry is written there later, where nobody else writes."""


def reserve(used):
    with used.get_lock():
        place = used.value
        used.value = place + 1
    return place


def worker(used, log, results, pause, rank):
    pause(rank)
    for result in results:
        place = reserve(used)
        log[place] = result * 100 + rank


def main(context, pause):
    used = context.Value("i", 0)
    log = context.RawArray("i", 9)
    workers = [context.Process(target=worker, args=(used, log, range(3), pause, rank)) for rank in range(3)]
    for w in workers:
        w.start()
    for w in workers:
        w.join()
    return sorted(log[: used.value])
