"""Votes are counted in a Manager's Value under a Manager's lock; both travel to a Pool with each task."""

import time
from functools import partial


def vote(yes, lock, pause, voter):
    pause(voter)
    time.sleep(0.02)
    with lock:
        yes.value += 1
    return voter


def main(context, pause):
    together = context.Barrier(2)
    with context.Manager() as manager, context.Pool(2, together.wait) as pool:
        yes = manager.Value("i", 0)
        lock = manager.Lock()
        pool.map(partial(vote, yes, lock, pause), range(4), 1)
        return yes.value
