"""The screen takes the lock to copy a frame; who draws the frame has never heard of it."""

import time


def draw(frame, pause):
    pause(0)
    for colour in range(1, 5):
        for i in range(len(frame)):
            frame[i] = colour  # RACE unprotected-access frame


def show(frame, lock, torn, pause):
    pause(1)
    for refresh in range(len(torn)):
        with lock:
            picture = frame[:]  # RACE unprotected-access frame
        torn[refresh] = len(set(picture)) > 1
        time.sleep(0.0005)


def main(context, pause):
    frame = context.RawArray("i", 12)
    lock = context.Lock()
    torn = context.RawArray("b", 4)
    artist = context.Process(target=draw, args=(frame, pause))
    screen = context.Process(target=show, args=(frame, lock, torn, pause))
    artist.start()
    screen.start()
    artist.join()
    screen.join()
    return any(torn)
