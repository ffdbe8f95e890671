"""A cache that is asked, filled and counted under one lock, released whatever happens."""


class Cache:
    def __init__(self, context, size):
        self._lock = context.RLock()
        self._table = context.RawArray("l", size)
        self._hits = context.RawValue("i", 0)

    def _fill(self, n):
        with self._lock:
            self._table[n] = n**3

    def cube(self, n):
        self._lock.acquire()
        try:
            if self._table[n]:
                self._hits.value += 1
            else:
                self._fill(n)
            return self._table[n]
        finally:
            self._lock.release()

    def hits(self):
        with self._lock:
            return self._hits.value


def client(cache, wanted, pause, rank):
    pause(rank)
    return [cache.cube(n) for n in wanted]


def main(context, pause):
    cache = Cache(context, 9)
    clients = [
        context.Process(target=client, args=(cache, w, pause, r)) for r, w in enumerate([(1, 2, 3), (3, 2, 7, 5)])
    ]
    for c in clients:
        c.start()
    for c in clients:
        c.join()
    return cache.hits()
