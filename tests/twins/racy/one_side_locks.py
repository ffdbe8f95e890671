"""The producer locks, the consumer does not."""


def produce(lock, level, pause):
    pause(0)
    for _ in range(30):
        with lock:
            level.value += 2  # RACE lost-update fill


def consume(lock, level, pause):
    pause(1)
    for _ in range(30):
        level.value -= 1  # RACE lost-update fill


def main(context, pause):
    lock = context.Lock()
    level = context.Value("i", 10)
    tank = [context.Process(target=f, args=(lock, level, pause)) for f in (produce, consume)]
    for process in tank:
        process.start()
    for process in tank:
        process.join()
    return level.value
