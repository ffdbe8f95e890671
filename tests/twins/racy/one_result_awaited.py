"""Three futures fill three slots, and the sum is taken when there is a result of the first."""

from concurrent.futures import ProcessPoolExecutor


def init(slots, pause):
    fill.slots = slots
    fill.pause = pause


def fill(rank):
    fill.pause(rank)
    fill.slots[rank] = sum(range(100 * rank, 100 * rank + 100))  # RACE unserialisable slot
    return rank


def main(context, pause):
    slots = context.Array("l", 3)
    with ProcessPoolExecutor(3, context, init, (slots, pause)) as executor:
        futures = [executor.submit(fill, rank) for rank in range(3)]
        futures[0].result()
        total = sum(slots)  # RACE unserialisable slot
    return total
