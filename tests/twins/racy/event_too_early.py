"""The event says that the data is there, a moment before it is."""


def load(ready, answer, pause):
    pause(0)
    ready.set()
    answer.value = 6 * 7  # RACE unserialisable early


def ask(ready, answer, pause):
    ready.wait()
    pause(1)
    return 2 * answer.value  # RACE unserialisable early


def main(context, pause):
    ready = context.Event()
    answer = context.Value("i", 0)
    asker = context.Process(target=ask, args=(ready, answer, pause))
    loader = context.Process(target=load, args=(ready, answer, pause))
    asker.start()
    loader.start()
    asker.join()
    loader.join()
