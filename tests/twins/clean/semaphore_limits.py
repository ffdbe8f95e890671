"""A semaphore limits how many work at a time; what they share they guard by a lock."""

import time


def download(slots, lock, sizes, total, pause, rank):
    pause(rank)
    with slots:
        time.sleep(0.001)
        size = 100 * (rank + 1)
        sizes[rank] = size
        with lock:
            total.value += size


def main(context, pause):
    slots, lock = context.Semaphore(2), context.Lock()
    sizes, total = context.Array("i", 4), context.Value("i", 0, lock=False)
    args = (slots, lock, sizes, total, pause)
    loaders = [context.Process(target=download, args=(*args, rank)) for rank in range(4)]
    for loader in loaders:
        loader.start()
    for loader in loaders:
        loader.join()
    return total.value, sum(sizes)
