"""The reader locks the Array; the writer goes around the lock to be quick."""

import time


def record(samples, pause):
    pause(0)
    fast = samples.get_obj()
    for i in range(len(fast)):
        fast[i] = i * 0.5  # RACE unprotected-access mean


def average(samples, pause):
    pause(1)
    for _ in range(3):
        with samples.get_lock():
            mean = sum(samples) / len(samples)  # RACE unprotected-access mean
        time.sleep(0.001)
    return mean


def main(context, pause):
    samples = context.Array("d", 10)
    jobs = [context.Process(target=job, args=(samples, pause)) for job in (record, average)]
    for job in jobs:
        job.start()
    for job in jobs:
        job.join()
    return samples[:]
