"""Wrong: the join gives up after a tenth of a second, and nobody asks whether it did."""

from multiprocessing import Process


def run_together(job, arguments):
    processes = [Process(target=job, args=args) for args in arguments]
    for process in processes:
        process.start()
    for process in processes:
        process.join(0.1)
    return [process.exitcode for process in processes]
