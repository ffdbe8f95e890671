"""Two workers count into one Value under a lock."""


def count(total, lock, times, pause, rank):
    pause(rank)
    for _ in range(times):
        with lock:
            total.value += 1


def main(context, pause):
    total = context.Value("i", 0)
    lock = context.Lock()
    workers = [context.Process(target=count, args=(total, lock, 50, pause, rank)) for rank in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return total.value
