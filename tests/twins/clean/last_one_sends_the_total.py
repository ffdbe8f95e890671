"""The last task that is done puts a message into a queue; whoever gets it may read what all have written."""


def task(cells, left, lock, messages, pause, rank):
    pause(rank)
    cells[rank] = 2 * rank + 1
    with lock:
        left.value -= 1
        if left.value:
            return
    messages.put("all done")


def main(context, pause):
    n = 3
    cells, left = context.RawArray("i", n), context.RawValue("i", n)
    lock, messages = context.Lock(), context.SimpleQueue()
    tasks = [context.Process(target=task, args=(cells, left, lock, messages, pause, rank)) for rank in range(n)]
    for one in tasks:
        one.start()
    messages.get()
    total = sum(cells)
    for one in tasks:
        one.join()
    messages.close()
    return total
