"""The result is read when there is an exit code."""

import time


def compute(result, pause):
    pause(0)
    result.value = 12.5
    raise SystemExit(0)


def main(context, pause):
    result = context.Value("d", 0.0)
    process = context.Process(target=compute, args=(result, pause))
    process.start()
    while process.exitcode is None:
        time.sleep(0.002)
    value = result.value
    process.join()
    return value
