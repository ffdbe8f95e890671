"""Wrong: the job is called while the process is made; target gets what it returned."""

from multiprocessing import Process


def run_together(job, arguments):
    processes = [Process(target=job(*args)) for args in arguments]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    return [process.exitcode for process in processes]
