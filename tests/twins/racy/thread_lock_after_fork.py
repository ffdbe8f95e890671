"""A lock of threads: after the fork every process has a copy of its own."""

import threading

METHODS = ("fork",)
lock = threading.Lock()


def main(context, pause):
    clicks = context.Value("i", 0)

    def click(rank):
        pause(rank)
        for _ in range(30):
            with lock:
                clicks.value += 1  # RACE inconsistent-lock

    mice = [context.Process(target=click, args=(rank,)) for rank in range(2)]
    for mouse in mice:
        mouse.start()
    for mouse in mice:
        mouse.join()
    return clicks.value
