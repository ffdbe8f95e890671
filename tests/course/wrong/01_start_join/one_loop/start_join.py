"""Wrong: each process is waited for before the next one is started."""

from multiprocessing import Process


def run_together(job, arguments):
    exit_codes = []
    for args in arguments:
        process = Process(target=job, args=args)
        process.start()
        process.join()
        exit_codes.append(process.exitcode)
    return exit_codes
