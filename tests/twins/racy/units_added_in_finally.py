"""A meter in a with statement: whatever happens inside, the units are added at the end."""

from contextlib import contextmanager


@contextmanager
def metered(units, amount):
    try:
        yield amount
    finally:
        units.value += amount  # RACE lost-update


def household(units, amounts, pause, rank):
    pause(rank)
    for amount in amounts:
        try:
            with metered(units, amount) as used:
                1 / (used - 3)
        except ZeroDivisionError:
            continue


def main(context, pause):
    units = context.Value("d", 0.0)
    houses = {rank: [1.5, 3, 2 + rank] for rank in range(2)}
    processes = [context.Process(target=household, args=(units, a, pause, r)) for r, a in houses.items()]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    return units.value
