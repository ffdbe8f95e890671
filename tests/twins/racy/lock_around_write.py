"""The lock is taken for the write, when the old value has been read already."""


def worker(lock, hits, pause, rank):
    pause(rank)
    for _ in range(25):
        new = hits.value + 1
        with lock:
            hits.value = new  # RACE lost-update


def main(context, pause):
    lock = context.Lock()
    hits = context.Value("i", 0)
    first = context.Process(target=worker, args=(lock, hits, pause, 0))
    second = context.Process(target=worker, args=(lock, hits, pause, 1))
    first.start()
    second.start()
    first.join()
    second.join()
    print(hits.value)
