"""Every task of a Pool writes its own slot; the slots are read after map."""

METHODS = ("fork",)
slots = None


def square(n):
    slots[n] = n * n


def main(context, pause):
    global slots
    slots = context.RawArray("i", 20)
    pool = context.Pool(3)
    pool.map(square, range(20), chunksize=2)
    total = sum(slots)
    pool.close()
    pool.join()
    return total
