"""Every worker's share of the sum, where the others may not have written their parts yet."""


def worker(parts, shares, pause, rank):
    pause(rank)
    mine = float(rank + 1)
    parts[rank] = mine  # RACE unserialisable sum
    pause(3 - rank)
    shares[rank] = mine / sum(parts)  # RACE unserialisable sum


def main(context, pause):
    parts = context.Array("d", 3)
    shares = context.Array("d", 3)
    workers = [context.Process(target=worker, args=(parts, shares, pause, rank)) for rank in range(3)]
    for w in workers:
        w.start()
    for w in workers:
        w.join()
    return list(shares)
