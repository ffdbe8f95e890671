"""A Value is used to keep an intermediate result, by two workers at a time."""


def distances(scratch, points, out, pause, rank):
    pause(rank)
    total = 0.0
    for x, y in points:
        scratch.value = (x * x + y * y) ** 0.5  # RACE unserialisable tmp
        total += scratch.value  # RACE unserialisable tmp
    out[rank] = total


def main(context, pause):
    scratch = context.Value("d", 0.0)
    out = context.Array("d", 2)
    points = [(3, 4), (6, 8), (5, 12), (8, 15)]
    workers = [context.Process(target=distances, args=(scratch, points[r::2], out, pause, r)) for r in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return out[:]
