"""A table that is filled before the workers start, and read by all of them."""


def worker(primes, counts, lo, hi, pause, rank):
    pause(rank)
    found = 0
    for n in range(lo, hi):
        if all(n % p for p in primes if p * p <= n):
            found += 1
    counts[rank] = found


def main(context, pause):
    primes = context.RawArray("i", [2, 3, 5, 7])
    counts = context.RawArray("i", 3)
    workers = []
    for rank in range(3):
        lo = 11 + 30 * rank
        workers.append(context.Process(target=worker, args=(primes, counts, lo, lo + 30, pause, rank)))
    for w in workers:
        w.start()
    for w in workers:
        w.join()
    return sum(counts)
