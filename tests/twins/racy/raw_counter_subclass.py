"""Clerks are subclasses of Process and count into a RawValue."""

import multiprocessing

METHODS = ("fork",)


class Clerk(multiprocessing.get_context("fork").Process):
    def __init__(self, served, customers, pause, rank):
        super().__init__(name=f"clerk-{rank}")
        self.served = served
        self.customers = customers
        self.wait_turn = lambda: pause(rank)

    def run(self):
        self.wait_turn()
        for _ in range(self.customers):
            self.served.value += 1  # RACE lost-update


def main(context, pause):
    served = context.RawValue("i", 0)
    clerks = [Clerk(served, 10 + 5 * rank, pause, rank) for rank in range(3)]
    for clerk in clerks:
        clerk.start()
    for clerk in clerks:
        clerk.join()
    return served.value
