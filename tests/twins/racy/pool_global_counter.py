"""Tasks of a Pool count what they have done in a global that the initializer set."""

import time

done = None
wait_turn = None


def start(shared, all_here, pause):
    global done, wait_turn
    done = shared
    wait_turn = pause
    all_here.wait()


def task(number):
    wait_turn(number)
    time.sleep(0.02)
    done.value += 1  # RACE lost-update
    return number * number


def main(context, pause):
    counter = context.Value("i", 0)
    with context.Pool(2, initializer=start, initargs=(counter, context.Barrier(2), pause)) as pool:
        squares = pool.map(task, range(4), chunksize=1)
    return squares, counter.value
