"""Clerks are subclasses of Process; each has a Value of its own that the main process made for it."""

import multiprocessing

METHODS = ("fork",)


class Clerk(multiprocessing.get_context("fork").Process):
    def __init__(self, context, customers, pause, rank):
        super().__init__(name=f"clerk-{rank}")
        self.served = context.RawValue("i", 0)
        self.customers = customers
        self.wait_turn = lambda: pause(rank)

    def run(self):
        self.wait_turn()
        for _ in range(self.customers):
            self.served.value += 1


def main(context, pause):
    clerks = [Clerk(context, 10 + 5 * rank, pause, rank) for rank in range(3)]
    for clerk in clerks:
        clerk.start()
    for clerk in clerks:
        clerk.join()
    return sum(clerk.served.value for clerk in clerks)
