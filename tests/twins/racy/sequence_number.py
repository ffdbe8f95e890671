"""Invoices are numbered: the lock is taken for the look, and once more for the step."""


class Numbers:
    def __init__(self, lock, last):
        self.lock = lock
        self.last = last

    def take(self):
        with self.lock:
            number = self.last.value
        number += 1
        with self.lock:
            self.last.value = number  # RACE lost-update
        return number


def clerk(numbers, invoices, pause, rank):
    pause(rank)
    for _ in range(6):
        invoices.put(numbers.take())


def main(context, pause):
    numbers = Numbers(context.RLock(), context.RawValue("i", 1000))
    invoices = context.SimpleQueue()
    clerks = [context.Process(target=clerk, args=(numbers, invoices, pause, rank)) for rank in range(2)]
    for c in clerks:
        c.start()
    written = [invoices.get() for _ in range(12)]
    for c in clerks:
        c.join()
    invoices.close()
    return len(set(written))
