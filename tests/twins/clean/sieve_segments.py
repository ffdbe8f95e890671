"""A sieve in segments: everybody reads the small primes, found before, and strikes out in a segment of his own."""


def small_primes(limit):
    return [n for n in range(2, limit) if all(n % d for d in range(2, n))]


def sieve(primes, composite, start, stop, pause, rank):
    pause(rank)
    for prime in primes:
        first = max(prime * prime, -(-start // prime) * prime)
        for n in range(first, stop, prime):
            composite[n] = True


def main(context, pause):
    limit, parts = 60, 3
    primes = context.RawArray("i", small_primes(8))
    composite = context.RawArray("b", limit)
    size = limit // parts
    sievers = [
        context.Process(target=sieve, args=(primes, composite, r * size, (r + 1) * size, pause, r))
        for r in range(parts)
    ]
    for siever in sievers:
        siever.start()
    for siever in sievers:
        siever.join()
    return [n for n in range(2, limit) if not composite[n]]
