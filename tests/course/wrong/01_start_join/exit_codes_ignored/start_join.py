"""Wrong: whoever is joined is taken to have succeeded."""

from multiprocessing import Process


def run_together(job, arguments):
    processes = [Process(target=job, args=args) for args in arguments]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    return [0 for _ in processes]
