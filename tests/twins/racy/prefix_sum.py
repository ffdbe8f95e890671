"""A running sum depends on the item before it, also where the work is split."""


def accumulate(sums, numbers, start, stop, pause, rank):
    pause(rank)
    for i in range(max(start, 1), stop):
        sums[i] = sums[i - 1] + numbers[i]  # RACE unprotected-access


def main(context, pause):
    numbers = list(range(12))
    sums = context.RawArray("i", 12)
    halves = [(0, 6), (6, 12)]
    team = [
        context.Process(target=accumulate, args=(sums, numbers, *half, pause, r)) for r, half in enumerate(halves)
    ]
    for member in team:
        member.start()
    for member in team:
        member.join()
    return sums[-1]
