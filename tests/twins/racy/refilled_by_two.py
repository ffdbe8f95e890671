"""When the shelf is nearly empty it is filled up; the lock is given back while the jars are fetched."""

import time


class Shelf:
    def __init__(self, context):
        self.lock = context.Lock()
        self.jars = context.Value("i", 12)

    def take(self):
        self.lock.acquire()
        self.jars.value -= 1  # RACE unserialisable emptied
        if self.jars.value < 5:
            self.lock.release()
            time.sleep(0.0002)
            self.lock.acquire()
            self.jars.value += 2  # RACE unserialisable emptied, unserialisable
        self.lock.release()


def customer(shelf, pause, rank):
    pause(rank)
    for _ in range(12):
        shelf.take()


def main(context, pause):
    shelf = Shelf(context)
    customers = [context.Process(target=customer, args=(shelf, pause, rank)) for rank in range(2)]
    for one in customers:
        one.start()
    for one in customers:
        one.join()
    return shelf.jars.value
