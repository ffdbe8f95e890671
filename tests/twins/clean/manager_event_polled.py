"""A Manager's event is asked again and again; what was put into the dict before it was set is then read."""

import time


def prepare(settings, ready, pause):
    pause(0)
    settings["mode"] = "fast"
    settings["size"] = 50
    ready.set()


def use(settings, ready, used):
    while not ready.is_set():
        time.sleep(0.002)
    used.append((settings["mode"], settings["size"]))


def main(context, pause):
    with context.Manager() as manager:
        settings, ready, used = manager.dict(), manager.Event(), manager.list()
        user = context.Process(target=use, args=(settings, ready, used))
        maker = context.Process(target=prepare, args=(settings, ready, pause))
        user.start()
        maker.start()
        maker.join()
        user.join()
        return used[0]
