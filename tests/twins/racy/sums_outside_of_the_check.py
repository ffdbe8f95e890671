"""The last one says that all are there; but main adds up whether it was the last one or not."""


def arrive(here, message):
    with here.get_lock():
        here.value += 1
        if here.value == 3:
            message.value = 1


def worker(parts, here, message, pause, rank):
    pause(rank)
    parts[rank] = 5 + rank  # RACE unserialisable early
    arrive(here, message)


def main(context, pause):
    parts = context.Array("i", 2)
    here, message = context.Value("i", 0), context.Value("i", 0)
    workers = [context.Process(target=worker, args=(parts, here, message, pause, rank)) for rank in range(2)]
    for w in workers:
        w.start()
    pause(2)
    arrive(here, message)
    total = sum(parts)  # RACE unserialisable early
    for w in workers:
        w.join()
    return total
