"""Wrong: nobody waits, and the exit codes are read while the processes still run."""

from multiprocessing import Process


def run_together(job, arguments):
    processes = [Process(target=job, args=args) for args in arguments]
    for process in processes:
        process.start()
    return [process.exitcode for process in processes]
