"""Everybody releases the semaphore first, so that it is surely open: then it lets in more than one."""


class Counter:
    def __init__(self, context):
        self.gate = context.Semaphore(1)
        self.total = context.Value("i", 0)

    def prepare(self):
        self.gate.release()

    def add(self, n):
        self.gate.acquire()
        try:
            self.total.value += n  # RACE lost-update
        finally:
            self.gate.release()


def work(counter, pause, rank):
    pause(rank)
    counter.prepare()
    for n in range(10):
        counter.add(n)


def main(context, pause):
    counter = Counter(context)
    workers = [context.Process(target=work, args=(counter, pause, rank)) for rank in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return counter.total.value
