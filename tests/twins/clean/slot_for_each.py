"""Each worker writes its own slot; the sum is made when all have ended."""


def square(slots, rank, pause):
    pause(rank)
    for _ in range(5):
        slots[rank] += rank * rank


def main(context, pause):
    slots = context.Array("i", 4)
    workers = [context.Process(target=square, args=(slots, rank, pause)) for rank in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return sum(slots)
