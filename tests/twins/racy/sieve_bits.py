"""A sieve with eight numbers to a byte: striking out one of them writes all eight."""

LIMIT = 64


def strike(bits, prime):
    for n in range(prime * prime, LIMIT, prime):
        bits[n >> 3] |= 1 << (n & 7)  # RACE lost-update


def sieve(bits, primes, pause, rank):
    pause(rank)
    for prime in primes:
        strike(bits, prime)


def main(context, pause):
    bits = context.RawArray("B", LIMIT // 8)
    team = [context.Process(target=sieve, args=(bits, p, pause, r)) for r, p in enumerate([(2, 7), (3, 5)])]
    for member in team:
        member.start()
    for member in team:
        member.join()
    return [n for n in range(2, LIMIT) if not bits[n >> 3] >> (n & 7) & 1]
