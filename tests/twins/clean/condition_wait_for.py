"""The consumer waits for data with wait_for, and takes it under the condition's lock."""


def producer(condition, ready, data, pause):
    pause(0)
    with condition:
        for i in range(len(data)):
            data[i] = i + 0.5
        ready.value = True
        condition.notify_all()


def consumer(condition, ready, data, total, pause):
    pause(1)
    with condition:
        condition.wait_for(lambda: ready.value)
        for x in data:
            total.value += x


def main(context, pause):
    condition = context.Condition()
    ready = context.RawValue("b", False)
    data = context.RawArray("d", 5)
    total = context.RawValue("d", 0)
    eater = context.Process(target=consumer, args=(condition, ready, data, total, pause))
    cook = context.Process(target=producer, args=(condition, ready, data, pause))
    eater.start()
    cook.start()
    cook.join()
    eater.join()
    return total.value
