"""A ShareableList has no lock of its own, so the scanners bring one."""

from multiprocessing.shared_memory import ShareableList


def scan(name, lock, weights, pause, rank):
    counters = ShareableList(name=name)
    pause(rank)
    for weight in weights:
        with lock:
            counters[0] += 1
            counters[1] += weight
    counters.shm.close()


def main(context, pause):
    counters = ShareableList([0, 0.0])
    lock = context.Lock()
    try:
        scanners = [
            context.Process(target=scan, args=(counters.shm.name, lock, weights, pause, rank))
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
