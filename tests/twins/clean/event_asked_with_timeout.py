"""The main process asks an event again and again, with a timeout, and reads when it is set."""


def load(ready, answer, pause):
    pause(0)
    answer.value = 6 * 7
    ready.set()


def main(context, pause):
    ready = context.Event()
    answer = context.RawValue("i", 0)
    loader = context.Process(target=load, args=(ready, answer, pause))
    loader.start()
    waited = 0
    while not ready.wait(timeout=0.002):
        waited += 1
    result = answer.value
    loader.join()
    return result
