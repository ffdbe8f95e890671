"""One lock for each row, but the lock is chosen by the worker's number instead of the row's."""


def sweep(rows, locks, values, pause, rank):
    pause(rank)
    for row, value in enumerate(values):
        with locks[rank]:
            rows[row] += value  # RACE inconsistent-lock


def main(context, pause):
    n = 3
    rows = context.Array("l", n)
    locks = [context.Lock() for _ in range(n)]
    sweepers = [context.Process(target=sweep, args=(rows, locks, [1, 10, 100], pause, r)) for r in range(n)]
    for sweeper in sweepers:
        sweeper.start()
    for sweeper in sweepers:
        sweeper.join()
    return list(rows)
