"""One process fills a Namespace and sets an event; the main process reads it after the event."""


def answerer(ns, ready, pause):
    pause(0)
    ns.question = "what?"
    ns.answer = 42
    ready.set()


def main(context, pause):
    with context.Manager() as manager:
        ns = manager.Namespace()
        ready = context.Event()
        process = context.Process(target=answerer, args=(ns, ready, pause))
        process.start()
        ready.wait()
        answer = ns.answer
        ns.answer = answer + 1
        process.join()
        return ns.answer
