"""The level is marked as unknown while it is computed; somebody uses the mark as a level."""

import time


def refresh(level, pause):
    pause(0)
    for n in range(5):
        level.value = -1
        time.sleep(0.0005)
        level.value = n * 10  # RACE unserialisable level


def consumer(level, used, pause):
    pause(1)
    for i in range(len(used)):
        used[i] = level.value * 2  # RACE unserialisable level
        time.sleep(0.0005)


def main(context, pause):
    level = context.Value("i", 0)
    used = context.Array("i", 8)
    refresher = context.Process(target=refresh, args=(level, pause))
    user = context.Process(target=consumer, args=(level, used, pause))
    refresher.start()
    user.start()
    refresher.join()
    user.join()
    return min(used)
