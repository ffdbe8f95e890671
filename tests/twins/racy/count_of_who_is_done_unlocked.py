"""The last one to finish sums up, but two may count at once, and then there is no last one, or two."""


def work(parts, done, total, pause, rank):
    pause(rank)
    parts[rank] = rank + 1  # RACE unserialisable both
    done.value += 1  # RACE lost-update, unserialisable count
    if done.value == 3:  # RACE unserialisable count
        total.value = sum(parts)  # RACE unserialisable both


def main(context, pause):
    parts = context.Array("i", 3)
    done, total = context.Value("i", 0), context.Value("i", 0)
    workers = [context.Process(target=work, args=(parts, done, total, pause, rank)) for rank in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return total.value
