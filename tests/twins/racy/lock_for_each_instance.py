"""A counter that locks itself, wrapped anew, with a new lock, by everybody who uses it."""

from multiprocessing import RLock


class SafeCounter:
    def __init__(self, cell):
        self.cell = cell
        self.lock = RLock()

    def increment(self):
        with self.lock:
            self.cell.value += 1  # RACE inconsistent-lock


def visitor(cell, pause, rank):
    counter = SafeCounter(cell)
    pause(rank)
    for _ in range(20):
        counter.increment()


def main(context, pause):
    cell = context.Value("i", 0)
    visitors = [context.Process(target=visitor, args=(cell, pause, rank)) for rank in range(2)]
    for v in visitors:
        v.start()
    for v in visitors:
        v.join()
    return cell.value
