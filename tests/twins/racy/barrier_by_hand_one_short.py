"""A barrier made of a counter and a semaphore, which lets all through when one of them is still missing."""


class Meeting:
    def __init__(self, context, parties):
        self.parties = parties
        self.mutex = context.Lock()
        self.come = context.Value("i", 0)
        self.turnstile = context.Semaphore(0)

    def wait(self):
        with self.mutex:
            self.come.value += 1
            if self.come.value == self.parties - 1:
                for _ in range(self.parties):
                    self.turnstile.release()
        self.turnstile.acquire()


def work(meeting, squares, sums, pause, rank):
    pause(rank)
    squares[rank] = rank * rank  # RACE unprotected-access missing
    meeting.wait()
    sums[rank] = sum(squares)  # RACE unprotected-access missing


def main(context, pause):
    n = 3
    squares, sums = context.RawArray("i", n), context.RawArray("i", n)
    meeting = Meeting(context, n)
    workers = [context.Process(target=work, args=(meeting, squares, sums, pause, rank)) for rank in range(n)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return list(sums)
