"""A lock of a manager is taken before the start, and released by who has filled the list."""


def fill(names, ready, pause):
    pause(0)
    for name in ("ada", "bob", "eve"):
        names.append(name)
    names.sort()
    ready.release()


def main(context, pause):
    with context.Manager() as manager:
        names, ready = manager.list(), manager.Lock()
        ready.acquire()
        process = context.Process(target=fill, args=(names, ready, pause))
        process.start()
        with ready:
            found = list(names)
        process.join()
        return found
