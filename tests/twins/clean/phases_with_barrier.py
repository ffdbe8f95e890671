"""Everybody writes a part, all meet, and only then does anybody read the others' parts."""


def worker(parts, sums, barrier, pause, rank):
    pause(rank)
    parts[rank] = rank + 1
    barrier.wait()
    sums[rank] = sum(parts)


def main(context, pause):
    n = 3
    parts = context.Array("i", n)
    sums = context.Array("i", n)
    barrier = context.Barrier(n)
    team = [context.Process(target=worker, args=(parts, sums, barrier, pause, r)) for r in range(n)]
    for member in team:
        member.start()
    for member in team:
        member.join()
    return list(sums)
