"""Every row of a garden is planted by one call of a pool's starmap; the next season begins when all rows are planted."""

METHODS = ("fork",)
WIDTH = 5
_beds = None


def plant(row, seed, pause):
    pause(row)
    for x in range(WIDTH):
        _beds[row * WIDTH + x] = seed * 10 + x
    return seed


def main(context, pause):
    global _beds
    _beds = context.RawArray("i", 3 * WIDTH)
    harvest = 0
    with context.Pool(2) as pool:
        for season in range(2):
            harvest += sum(pool.starmap(plant, [(row, season + row, pause) for row in range(3)], chunksize=1))
            harvest += sum(_beds)
        pool.close()
        pool.join()
    return harvest
