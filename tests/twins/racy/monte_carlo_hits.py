"""Pi by throwing darts: all workers of a Pool count their hits in one RawValue."""

import random
import time

board = {}


def open_board(hits, everybody, pause):
    board.update(hits=hits, pause=pause)
    everybody.wait()


def throw(rank, darts=20):
    board["pause"](rank)
    time.sleep(0.02)
    rng = random.Random(rank)
    hits = board["hits"]
    for _ in range(darts):
        x, y = rng.random(), rng.random()
        if x * x + y * y <= 1.0:
            hits.value += 1  # RACE lost-update
    return darts


def main(context, pause):
    hits = context.RawValue("L", 0)
    pool = context.Pool(2, open_board, (hits, context.Barrier(2), pause))
    try:
        darts = sum(pool.map(throw, range(2), chunksize=1))
    finally:
        pool.close()
        pool.join()
    return 4 * hits.value / darts
