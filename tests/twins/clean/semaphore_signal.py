"""A semaphore of zero as a signal: released when the slot is filled, acquired before it is read."""


def fill(slots, filled, pause):
    pause(0)
    for i in range(len(slots)):
        slots[i] = 2**i
        filled.release()


def main(context, pause):
    slots = context.Array("i", 6)
    filled = context.Semaphore(0)
    process = context.Process(target=fill, args=(slots, filled, pause))
    process.start()
    total = 0
    for i in range(len(slots)):
        filled.acquire()
        total += slots[i]
    process.join()
    return total
