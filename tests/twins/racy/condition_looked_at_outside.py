"""The consumer looks at the count, and takes from it, without the condition's lock."""


def produce(condition, count, pause):
    pause(0)
    for _ in range(10):
        with condition:
            count.value += 1  # RACE lost-update count
            condition.notify()


def consume(condition, count, pause):
    pause(1)
    taken = 0
    for _ in range(50):
        if taken == 10:
            break
        if count.value == 0:
            with condition:
                condition.wait(timeout=0.005)
        else:
            count.value -= 1  # RACE lost-update count
            taken += 1


def main(context, pause):
    condition = context.Condition()
    count = context.Value("i", 3)
    producer = context.Process(target=produce, args=(condition, count, pause))
    consumer = context.Process(target=consume, args=(condition, count, pause))
    producer.start()
    consumer.start()
    producer.join()
    consumer.join()
    return count.value
