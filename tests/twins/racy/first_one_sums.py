"""Whoever comes first, not last, adds up what all write: the count is compared with 1."""


def worker(parts, came, result, pause, rank):
    pause(rank)
    parts[rank] = (rank + 1) * 1.5  # RACE unserialisable part
    with came.get_lock():
        came.value += 1
        first = came.value == 1
    if first:
        result.value = sum(parts)  # RACE unserialisable part


def main(context, pause):
    n = 3
    parts, result = context.Array("d", n), context.Value("d", 0.0)
    came = context.Value("i", 0)
    workers = [context.Process(target=worker, args=(parts, came, result, pause, rank)) for rank in range(n)]
    for w in workers:
        w.start()
    for w in workers:
        w.join()
    return result.value
