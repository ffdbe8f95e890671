"""Two processes with two threads each add to one Value."""

from threading import Thread


def add(total, times):
    for _ in range(times):
        total.value += 1  # RACE lost-update


def worker(total, pause, rank):
    pause(rank)
    threads = [Thread(target=add, args=(total, 10)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def main(context, pause):
    total = context.Value("i", 0)
    workers = [context.Process(target=worker, args=(total, pause, rank)) for rank in range(2)]
    for w in workers:
        w.start()
    for w in workers:
        w.join()
    return total.value
