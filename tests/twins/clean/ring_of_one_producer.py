"""A ring for one producer and one consumer: each index has one writer, and the other side waits for it."""

import time

SIZE = 4


def produce(ring, head, tail, pause):
    pause(0)
    for n in range(10):
        while head.value - tail.value == SIZE:
            time.sleep(0.0005)
        ring[head.value % SIZE] = n * n
        head.value += 1


def consume(ring, head, tail, total):
    for _ in range(10):
        while head.value == tail.value:
            time.sleep(0.0005)
        total.value += ring[tail.value % SIZE]
        tail.value += 1


def main(context, pause):
    ring = context.Array("i", SIZE)
    head, tail, total = (context.Value("i", 0) for _ in range(3))
    producer = context.Process(target=produce, args=(ring, head, tail, pause))
    consumer = context.Process(target=consume, args=(ring, head, tail, total))
    consumer.start()
    producer.start()
    producer.join()
    consumer.join()
    return total.value
