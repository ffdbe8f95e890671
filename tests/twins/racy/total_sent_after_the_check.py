"""The last task says so on the screen; but every task sends a message, and main reads after the first."""


def task(cells, left, lock, messages, pause, rank):
    pause(rank)
    cells[rank] = 2 * rank + 1  # RACE unprotected-access unread
    with lock:
        left.value -= 1
        if left.value == 0:
            print("that was the last one")
    messages.put(rank)


def main(context, pause):
    n = 3
    cells, left = context.RawArray("i", n), context.RawValue("i", n)
    lock, messages = context.Lock(), context.SimpleQueue()
    tasks = [context.Process(target=task, args=(cells, left, lock, messages, pause, rank)) for rank in range(n)]
    for one in tasks:
        one.start()
    messages.get()
    total = sum(cells)  # RACE unprotected-access unread
    for one in tasks:
        one.join()
    messages.close()
    return total
