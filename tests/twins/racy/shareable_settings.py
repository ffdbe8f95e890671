"""Settings in a ShareableList are changed while they are in use: mode and size do not fit together."""

from multiprocessing.shared_memory import ShareableList


def change(settings, pause):
    pause(0)
    for n in range(4):
        settings[0] = "fast" if n % 2 else "slow"  # RACE unprotected-access mode
        settings[1] = 50 if n % 2 else 10  # RACE unprotected-access size
    settings.shm.close()


def use(settings, pause):
    pause(1)
    used = []
    for _ in range(4):
        mode = settings[0]  # RACE unprotected-access mode
        size = settings[1]  # RACE unprotected-access size
        used.append((mode, size))
    settings.shm.close()


def main(context, pause):
    settings = ShareableList(["slow", 10])
    processes = [context.Process(target=f, args=(settings, pause)) for f in (change, use)]
    for p in processes:
        p.start()
    for p in processes:
        p.join()
    final = settings[0]
    settings.shm.close()
    settings.shm.unlink()
    return final
