"""Two workers count into one Value."""


def count(total, times, pause, rank):
    pause(rank)
    for _ in range(times):
        total.value += 1  # RACE lost-update


def main(context, pause):
    total = context.Value("i", 0)
    workers = [context.Process(target=count, args=(total, 50, pause, rank)) for rank in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return total.value
