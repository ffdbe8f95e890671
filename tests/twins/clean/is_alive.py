"""The result is read when the process is no longer alive."""

import time


def compute(result, pause):
    pause(0)
    for i in range(len(result)):
        result[i] = 3 * i


def main(context, pause):
    result = context.RawArray("i", 4)
    process = context.Process(target=compute, args=(result, pause))
    process.start()
    while process.is_alive():
        time.sleep(0.002)
    total = sum(result)
    process.join()
    return total
