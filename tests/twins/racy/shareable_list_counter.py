"""Two scanners count goods and their weight in a ShareableList."""

from multiprocessing.shared_memory import ShareableList


def scan(name, weights, pause, rank):
    counters = ShareableList(name=name)
    pause(rank)
    for weight in weights:
        counters[0] += 1  # RACE lost-update
        counters[1] += weight  # RACE lost-update
    counters.shm.close()


def main(context, pause):
    counters = ShareableList([0, 0.0])
    try:
        scanners = [
            context.Process(target=scan, args=(counters.shm.name, weights, pause, rank))
            for rank, weights in enumerate(([1.5, 2.0, 0.25], [4.0, 0.5]))
        ]
        for scanner in scanners:
            scanner.start()
        for scanner in scanners:
            scanner.join()
        return list(counters)
    finally:
        counters.shm.close()
        counters.shm.unlink()
