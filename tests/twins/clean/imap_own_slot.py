"""Results come one by one; with each, the slot of just that task is read."""

import time


def init(shared_slots, wait):
    global slots, pause
    slots = shared_slots
    pause = wait


def fill(n):
    pause(n)
    time.sleep(0.002 * (4 - n))
    slots[n] = n + 1
    return n


def main(context, pause):
    slots = context.Array("i", 4, lock=False)
    with context.Pool(2, init, (slots, pause)) as pool:
        steps = [slots[n] for n in pool.imap_unordered(fill, range(4))]
        pool.close()
        pool.join()
    return sorted(steps)
