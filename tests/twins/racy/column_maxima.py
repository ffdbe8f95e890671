"""The largest value of each column of a table whose rows are split between two workers."""


def table(even, odd):
    return [[10 * k + (even if c % 2 == 0 else odd) for c in range(4)] for k in range(5)]


def maxima(best, rows, pause, rank):
    pause(rank)
    for row in rows:
        for column, value in enumerate(row):
            if value > best[column]:
                best[column] = value  # RACE lost-update


def main(context, pause):
    best = context.Array("i", 4)
    workers = [
        context.Process(target=maxima, args=(best, table(9, 1), pause, 0)),
        context.Process(target=maxima, args=(best, table(1, 9), pause, 1)),
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return list(best)
