"""Tasks of a Pool count what they have done, under the lock of the counter."""

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
    with done.get_lock():
        done.value += 1
    return number * number


def main(context, pause):
    counter = context.Value("i", 0)
    with context.Pool(2, initializer=start, initargs=(counter, context.Barrier(2), pause)) as pool:
        squares = pool.map(task, range(4), chunksize=1)
    return squares, counter.value
