"""The main process waits for whichever process ends next, and reads that one's slot."""

from multiprocessing import connection


def compute(slots, pause, rank):
    pause(rank)
    slots[rank] = rank + 10


def main(context, pause):
    slots = context.Array("i", 3)
    running = {}
    for rank in range(3):
        process = context.Process(target=compute, args=(slots, pause, rank))
        process.start()
        running[process.sentinel] = (process, rank)
    values = []
    while running:
        for sentinel in connection.wait(list(running)):
            process, rank = running.pop(sentinel)
            values.append(slots[rank])
            process.join()
    return sorted(values)
