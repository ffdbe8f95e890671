"""Whoever finishes last, by a count under a lock, adds up what all have written."""


def worker(parts, left, result, pause, rank):
    pause(rank)
    parts[rank] = (rank + 1) * 1.5
    with left.get_lock():
        left.value -= 1
        last = left.value == 0
    if last:
        result.value = sum(parts)


def main(context, pause):
    n = 3
    parts = context.Array("d", n)
    left = context.Value("i", n)
    result = context.Value("d", 0.0)
    workers = [context.Process(target=worker, args=(parts, left, result, pause, rank)) for rank in range(n)]
    for w in workers:
        w.start()
    for w in workers:
        w.join()
    return result.value
