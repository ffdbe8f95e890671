"""Everybody writes a row of a picture twice, before and after it is counted; the last one to be counted copies all."""

WIDTH = 3


def paint(picture, rank, colour):
    for x in range(WIDTH):
        picture[rank * WIDTH + x] = colour  # RACE unprotected-access painting


def painter(picture, copy, done, lock, pause, rank):
    pause(rank)
    for colour in (1, 2, 3):
        paint(picture, rank, colour)
    with lock:
        done.value += 1
        last = done.value == 2
    paint(picture, rank, 4)
    if last:
        for i in range(2 * WIDTH):
            copy[i] = picture[i]  # RACE unprotected-access painting


def main(context, pause):
    picture, copy = context.RawArray("i", 2 * WIDTH), context.RawArray("i", 2 * WIDTH)
    done, lock = context.Value("i", 0, lock=False), context.Lock()
    painters = [context.Process(target=painter, args=(picture, copy, done, lock, pause, rank)) for rank in range(2)]
    for one in painters:
        one.start()
    for one in painters:
        one.join()
    return list(copy)
