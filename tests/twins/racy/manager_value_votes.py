"""Votes are counted in a Manager's Value that travels to a Pool with each task."""

import time
from functools import partial


def vote(yes, pause, voter):
    pause(voter)
    time.sleep(0.02)
    if voter != 2:
        yes.value += 1  # RACE lost-update
    return voter


def main(context, pause):
    together = context.Barrier(2)
    with context.Manager() as manager, context.Pool(2, together.wait) as pool:
        yes = manager.Value("i", 0)
        pool.map(partial(vote, yes, pause), range(4), 1)
        return yes.value
