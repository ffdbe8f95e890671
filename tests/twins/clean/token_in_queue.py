"""Who has the token may write; it is passed on through a queue."""


def worker(token, total, times, pause, rank):
    pause(rank)
    for _ in range(times):
        permission = token.get()
        total.value = total.value + permission
        token.put(permission)


def main(context, pause):
    token = context.SimpleQueue()
    total = context.Value("i", 0)
    workers = [context.Process(target=worker, args=(token, total, 8, pause, rank)) for rank in range(3)]
    for w in workers:
        w.start()
    token.put(1)
    for w in workers:
        w.join()
    token.close()
    return total.value
