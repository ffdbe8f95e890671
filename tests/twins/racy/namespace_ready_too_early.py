"""Ready is said in a Namespace before the answer is in it."""

import time


def answerer(ns, pause):
    pause(0)
    ns.ready = True
    ns.answer = 42  # RACE unserialisable answer


def main(context, pause):
    with context.Manager() as manager:
        ns = manager.Namespace()
        ns.ready = False
        ns.answer = None
        process = context.Process(target=answerer, args=(ns, pause))
        process.start()
        while not ns.ready:
            time.sleep(0.002)
        pause(1)
        answer = ns.answer  # RACE unserialisable answer
        process.join()
        return answer
