"""Honest: a class of its own in place of a target, and joins in the other direction."""

from multiprocessing import Process


class Job(Process):
    def __init__(self, job, args):
        super().__init__()
        self.job = job
        self.args = args

    def run(self):
        self.job(*self.args)


def run_together(job, arguments):
    processes = []
    for args in arguments:
        processes.append(Job(job, args))
        processes[-1].start()
    for process in reversed(processes):
        process.join()
    codes = []
    for process in processes:
        codes.append(process.exitcode)
    return codes
