"""The main process waits for a while, and then takes what is there."""

import time


def compute(results, pause):
    pause(0)
    time.sleep(0.03)
    for i in range(len(results)):
        results[i] = i * i  # RACE unprotected-access late


def main(context, pause):
    results = context.RawArray("i", 5)
    process = context.Process(target=compute, args=(results, pause))
    process.start()
    process.join(timeout=0.001)
    pause(1)
    total = sum(results)  # RACE unprotected-access late
    process.join()
    return total
