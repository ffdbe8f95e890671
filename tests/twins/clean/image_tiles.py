"""Every task of a Pool turns one tile of the picture into its negative; no two tiles share a pixel."""

METHODS = ("fork",)
WIDTH, HEIGHT, TILE = 8, 4, 2
picture = None


def pixels(left, top):
    return [y * WIDTH + x for y in range(top, top + TILE) for x in range(left, left + TILE)]


def negative(left, top, pause):
    pause((left // TILE) % 2)
    for i in pixels(left, top):
        picture[i] = 255 - picture[i]


def main(context, pause):
    global picture
    picture = context.RawArray("B", range(WIDTH * HEIGHT))
    tiles = [(left, top, pause) for top in range(0, HEIGHT, TILE) for left in range(0, WIDTH, TILE)]
    with context.Pool(2) as pool:
        pool.starmap(negative, tiles, chunksize=4)
        darkest = min(picture)
    return darkest
