"""The consumers wait properly, and take their item after they have left the condition's lock."""


def produce(items, changed, pause):
    pause(0)
    for _ in range(10):
        with changed:
            items.value += 1  # RACE lost-update put
            changed.notify_all()


def consume(items, changed, pause, rank):
    pause(rank)
    for _ in range(5):
        with changed:
            changed.wait_for(lambda: items.value > 0, timeout=0.05)
        items.value -= 1  # RACE lost-update, lost-update put


def main(context, pause):
    items = context.Value("i", 0)
    changed = context.Condition()
    producer = context.Process(target=produce, args=(items, changed, pause))
    consumers = [context.Process(target=consume, args=(items, changed, pause, rank)) for rank in (1, 2)]
    for process in (producer, *consumers):
        process.start()
    for process in (producer, *consumers):
        process.join()
    return items.value
