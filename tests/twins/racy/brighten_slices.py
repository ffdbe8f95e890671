"""A picture is read as a slice, brightened, and written back as a slice."""


def brighten(pixels, by, pause, rank):
    pause(rank)
    picture = pixels[:]
    pixels[:] = [min(255, p + by) for p in picture]  # RACE lost-update


def main(context, pause):
    pixels = context.Array("i", [10, 80, 160, 240])
    jobs = [context.Process(target=brighten, args=(pixels, by, pause, rank)) for rank, by in enumerate((5, 7))]
    for job in jobs:
        job.start()
    for job in jobs:
        job.join()
    return pixels[:]
