"""Two buffers are filled in turn, whether or not the consumer has emptied them."""


def produce(buffers, full, pause):
    for n in range(4):
        buffers[n % 2] = n * 11  # RACE unprotected-access buffer
        full.put(n % 2)
        pause(1)
    full.put(None)


def main(context, pause):
    buffers = context.RawArray("i", 2)
    full = context.SimpleQueue()
    producer = context.Process(target=produce, args=(buffers, full, pause))
    producer.start()
    taken = []
    while (slot := full.get()) is not None:
        taken.append(buffers[slot])  # RACE unprotected-access buffer
    producer.join()
    full.close()
    return taken
