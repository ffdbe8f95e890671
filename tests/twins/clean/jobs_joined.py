"""The main process joins a JoinableQueue before it reads what the jobs wrote."""

import time


def worker(jobs, squares, pause, rank):
    pause(rank)
    while (n := jobs.get()) is not None:
        time.sleep(0.001)
        squares[n] = n * n
        jobs.task_done()


def main(context, pause):
    jobs = context.JoinableQueue()
    squares = context.RawArray("i", 8)
    workers = [context.Process(target=worker, args=(jobs, squares, pause, rank)) for rank in range(2)]
    for w in workers:
        w.start()
    for n in range(8):
        jobs.put(n)
    jobs.join()
    total = sum(squares)
    for w in workers:
        jobs.put(None)
    for w in workers:
        w.join()
    jobs.close()
    jobs.join_thread()
    return total
