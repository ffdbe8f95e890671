"""A producer fills a slot and sends its number; the consumer reads the slots it was told of, and no others."""


def produce(slots, ready, pause):
    pause(0)
    for n in range(len(slots)):
        slots[n] = n * n
        ready.put(n)
    ready.put(None)


def main(context, pause):
    slots = context.RawArray("i", 8)
    ready = context.Queue()
    producer = context.Process(target=produce, args=(slots, ready, pause))
    producer.start()
    total = 0
    while (n := ready.get()) is not None:
        total += slots[n]
    producer.join()
    ready.close()
    ready.join_thread()
    return total
