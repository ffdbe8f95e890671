"""A context manager of one's own takes the lock, and gives out what it guards."""

from contextlib import contextmanager


class Guarded:
    def __init__(self, context, size):
        self._lock = context.Lock()
        self._cells = context.Array("i", size, lock=False)

    @contextmanager
    def opened(self):
        self._lock.acquire()
        try:
            yield self._cells
        finally:
            self._lock.release()


def worker(guarded, pause, rank):
    pause(rank)
    for _ in range(10):
        with guarded.opened() as cells:
            cells[0] += 1
            cells[1] = max(cells[1], 10 * rank + cells[0])


def main(context, pause):
    guarded = Guarded(context, 2)
    workers = [context.Process(target=worker, args=(guarded, pause, rank)) for rank in range(2)]
    for w in workers:
        w.start()
    for w in workers:
        w.join()
    with guarded.opened() as cells:
        return cells[:]
