"""Slots are read as the futures that filled them complete."""

import time
from concurrent.futures import ProcessPoolExecutor, as_completed


class Job:
    slots = None
    pause = None

    @classmethod
    def setup(cls, slots, pause):
        cls.slots = slots
        cls.pause = staticmethod(pause)

    @classmethod
    def run(cls, rank):
        cls.pause(rank)
        time.sleep(0.004 * (3 - rank))
        cls.slots[rank] = 7 * rank


def main(context, pause):
    slots = context.Array("i", 3)
    total = 0
    with ProcessPoolExecutor(3, context, Job.setup, (slots, pause)) as executor:
        futures = {executor.submit(Job.run, rank): rank for rank in range(3)}
        for future in as_completed(futures):
            total += slots[futures[future]]
    return total
