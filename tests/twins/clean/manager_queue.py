"""Slots of a Manager's list are handed over through a Manager's queue."""


def fill(slots, ready, pause, rank):
    pause(rank)
    slots[rank] = {"rank": rank, "square": rank * rank}
    ready.put(rank)


def main(context, pause):
    with context.Manager() as manager:
        slots = manager.list([None] * 3)
        ready = manager.Queue()
        workers = [context.Process(target=fill, args=(slots, ready, pause, rank)) for rank in range(3)]
        for w in workers:
            w.start()
        squares = []
        for _ in workers:
            rank = ready.get()
            squares.append(slots[rank]["square"])
        for w in workers:
            w.join()
        return sorted(squares)
