"""A worker looks again and again whether it is to stop; the main process sets the flag once."""

import time


def run_until(stop, pause, ticks):
    pause(0)
    while not stop.value:
        ticks.value += 1
        time.sleep(0.001)


def main(context, pause):
    stop = context.Value("b", 0)
    ticks = context.Value("i", 0)
    worker = context.Process(target=run_until, args=(stop, pause, ticks))
    worker.start()
    time.sleep(0.02)
    pause(1)
    stop.value = 1
    worker.join()
    return ticks.value
