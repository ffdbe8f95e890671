"""A buffer is filled again when the consumer has given it back."""


def produce(buffers, empty, full):
    for n in range(6):
        slot = empty.get()
        buffers[slot] = n * 11
        full.put(slot)
    full.put(None)


def main(context, pause):
    buffers = context.RawArray("i", 2)
    empty, full = context.Queue(), context.Queue()
    producer = context.Process(target=produce, args=(buffers, empty, full))
    producer.start()
    for slot in range(2):
        empty.put(slot)
    taken = []
    while (slot := full.get()) is not None:
        taken.append(buffers[slot])
        empty.put(slot)
    producer.join()
    for queue in (empty, full):
        queue.cancel_join_thread()
        queue.close()
    return taken
