"""The threads of a process share a list of its own; its slot of the array is written when they have ended."""

import threading


def worker(slots, pause, rank):
    pause(rank)
    squares = []
    lock = threading.Lock()

    def square(n):
        with lock:
            squares.append(n * n)

    threads = [threading.Thread(target=square, args=(n,)) for n in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    slots[rank] = sum(squares) + rank


def main(context, pause):
    slots = context.Array("i", 2)
    workers = [context.Process(target=worker, args=(slots, pause, rank)) for rank in range(2)]
    for w in workers:
        w.start()
    for w in workers:
        w.join()
    return list(slots)
