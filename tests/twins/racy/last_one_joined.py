"""The process that was started last is joined, as if it had to be the last to end."""


def work(parts, rank, pause):
    pause(rank)
    parts[rank] = sum(range(10 * rank, 10 * rank + 10))  # RACE unserialisable part


def main(context, pause):
    parts = context.Array("i", 3)
    workers = [context.Process(target=work, args=(parts, rank, pause)) for rank in range(3)]
    for worker in workers:
        worker.start()
    workers[-1].join()
    total = sum(parts)  # RACE unserialisable part
    for worker in workers:
        worker.join()
    return total
