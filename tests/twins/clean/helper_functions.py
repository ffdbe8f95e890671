"""Helpers that read and write without a lock, called by one that holds it."""


def load(cell):
    return cell.value


def store(cell, value):
    cell.value = value


def add_all(cell, lock, numbers, pause, rank):
    pause(rank)
    for number in numbers:
        lock.acquire()
        try:
            store(cell, load(cell) + number)
        finally:
            lock.release()


def main(context, pause):
    cell = context.Value("l", 0)
    lock = context.Lock()
    parts = [range(0, 20), range(20, 40)]
    processes = [context.Process(target=add_all, args=(cell, lock, part, pause, i)) for i, part in enumerate(parts)]
    [p.start() for p in processes]
    [p.join() for p in processes]
    return cell.value, sum(range(40))
