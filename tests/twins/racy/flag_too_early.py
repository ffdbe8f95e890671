"""A flag is raised before the table is filled, and somebody waits for the flag."""

import time


def fill(ready, table, pause):
    pause(0)
    ready.value = 1
    for i in range(len(table)):
        table[i] = i * i  # RACE unserialisable table


def use(ready, table, total, pause):
    while not ready.value:
        time.sleep(0.001)
    pause(1)
    total.value = sum(table)  # RACE unserialisable table


def main(context, pause):
    ready = context.Value("i", 0)
    table = context.Array("i", 6)
    total = context.Value("i", 0)
    user = context.Process(target=use, args=(ready, table, total, pause))
    filler = context.Process(target=fill, args=(ready, table, pause))
    user.start()
    filler.start()
    filler.join()
    user.join()
    return total.value
