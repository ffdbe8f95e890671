"""A position of two numbers that belong together, written and read without any lock."""

import time


def move(position, pause):
    pause(0)
    for n in range(1, 15):
        position[0] = n  # RACE unprotected-access x
        position[1] = -n  # RACE unprotected-access y


def watch(position, broken, pause):
    pause(1)
    for _ in range(15):
        x = position[0]  # RACE unprotected-access x
        y = position[1]  # RACE unprotected-access y
        broken.value += x + y != 0
        time.sleep(0.0005)


def main(context, pause):
    position = context.RawArray("i", 2)
    broken = context.Value("i", 0)
    mover = context.Process(target=move, args=(position, pause))
    watcher = context.Process(target=watch, args=(position, broken, pause))
    mover.start()
    watcher.start()
    mover.join()
    watcher.join()
    return broken.value
