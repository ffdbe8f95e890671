"""When the first of two tasks is done, the slots of both are added."""

import time
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait


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
        time.sleep(0.01 + 0.2 * rank)
        cls.slots[rank] = 21  # RACE unserialisable both


def main(context, pause):
    slots = context.Array("i", 2)
    with ProcessPoolExecutor(2, context, Job.setup, (slots, pause)) as executor:
        futures = [executor.submit(Job.run, rank) for rank in range(2)]
        wait(futures, return_when=FIRST_COMPLETED)
        pause(2)
        total = sum(slots)  # RACE unserialisable both
    return total
