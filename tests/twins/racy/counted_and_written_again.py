"""Parts are written in two rounds, and whoever is the last to be counted sums up before all second rounds are over."""


def fill(parts, rank, factor):
    for n in range(4):
        parts[rank] = factor * n + rank  # RACE unserialisable again


def work(parts, left, result, pause, rank):
    pause(rank)
    fill(parts, rank, 1)
    with left.get_lock():
        left.value -= 1
        last = left.value == 0
    fill(parts, rank, 2)
    if last:
        result.value = sum(parts)  # RACE unserialisable again


def main(context, pause):
    parts = context.Array("i", 3)
    left, result = context.Value("i", 3), context.Value("i", 0)
    workers = [context.Process(target=work, args=(parts, left, result, pause, rank)) for rank in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return result.value
