"""One writer prepares a table and sets an event; many readers wait for it."""


def reader(ready, table, out, rank):
    ready.wait()
    out[rank] = sum(table[rank::2])


def main(context, pause):
    ready = context.Event()
    table = context.RawArray("i", 6)
    out = context.RawArray("i", 3)
    readers = [context.Process(target=reader, args=(ready, table, out, rank)) for rank in range(3)]
    for r in readers:
        r.start()
    for i in range(6):
        table[i] = i + 1
    pause(1)
    ready.set()
    for r in readers:
        r.join()
    return list(out)
