"""Double-checked: whoever comes first fills the table. The flag is set before the table is full."""


def lookup(ready, table, lock, i):
    if not ready.value:
        with lock:
            if not ready.value:
                ready.value = True
                for k in range(len(table)):
                    table[k] = k * k + 1  # RACE unserialisable lazy
    return table[i]  # RACE unserialisable lazy


def worker(ready, table, lock, pause, rank):
    pause(rank)
    return [lookup(ready, table, lock, i) for i in range(8)]


def main(context, pause):
    ready = context.Value("b", False)
    table = context.Array("l", 8)
    lock = context.Lock()
    workers = [context.Process(target=worker, args=(ready, table, lock, pause, rank)) for rank in range(2)]
    for w in workers:
        w.start()
    for w in workers:
        w.join()
    return table[:]
