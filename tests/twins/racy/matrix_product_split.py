"""A product of matrices, cut along the sum: everybody adds a share to every element."""

N = 3


def share(a, b, c, ks, pause, rank):
    pause(rank)
    for i in range(N):
        for j in range(N):
            c[i * N + j] += sum(a[i * N + k] * b[k * N + j] for k in ks)  # RACE lost-update


def main(context, pause):
    a = context.RawArray("d", [i + j for i in range(N) for j in range(N)])
    b = context.RawArray("d", [i - j for i in range(N) for j in range(N)])
    c = context.RawArray("d", N * N)
    workers = [context.Process(target=share, args=(a, b, c, [k], pause, k)) for k in range(N)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return [c[i : i + N] for i in range(0, N * N, N)]
