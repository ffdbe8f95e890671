"""A cache whose table is locked with care, and whose statistics are not."""


class Cache:
    def __init__(self, context, size):
        self.lock = context.Lock()
        self.table = context.Array("l", size, lock=False)
        self.lookups = context.Value("i", 0)

    def square(self, n):
        with self.lock:
            if not self.table[n]:
                self.table[n] = n * n
            result = self.table[n]
        self.lookups.value += 1  # RACE lost-update
        return result


def client(cache, wanted, pause, rank):
    pause(rank)
    return sum(map(cache.square, wanted))


def main(context, pause):
    cache = Cache(context, 8)
    clients = [
        context.Process(target=client, args=(cache, w, pause, r)) for r, w in enumerate([(1, 2, 3), (3, 2, 7, 5)])
    ]
    for c in clients:
        c.start()
    for c in clients:
        c.join()
    return cache.lookups.value
