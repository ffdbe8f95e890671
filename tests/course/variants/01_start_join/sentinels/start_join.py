"""Honest: waits for whichever process ends next, with `multiprocessing.connection.wait`."""

import multiprocessing
from multiprocessing.connection import wait


def run_together(job, arguments):
    running = {}
    processes = []
    for args in arguments:
        process = multiprocessing.Process(target=job, args=tuple(args), name=f"job {len(processes)}")
        process.start()
        processes.append(process)
        running[process.sentinel] = process
    while running:
        for sentinel in wait(list(running)):
            running.pop(sentinel).join()
    return [process.exitcode for process in processes]
