"""Results come one by one; with each, the slot of the next task is read too."""

import time


def init(shared_slots, wait):
    global slots, pause
    slots = shared_slots
    pause = wait


def fill(n):
    pause(n)
    time.sleep(0.005)
    slots[n] = n + 1  # RACE unserialisable ahead
    return n


def main(context, pause):
    slots = context.Array("i", 4)
    steps = []
    with context.Pool(4, init, (slots, pause)) as pool:
        done = pool.imap(fill, range(4))
        pause(4)
        for n in done:
            if n < 3:
                steps.append(slots[n + 1] - n)  # RACE unserialisable ahead
        pool.close()
        pool.join()
    return steps
