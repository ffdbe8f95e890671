"""Pi by throwing darts: the hits come back as results, and only the main process adds them up."""

import random
from concurrent.futures import ProcessPoolExecutor

_setup = {}


def configure(darts, pause):
    _setup.update(darts=darts, pause=pause)


def throw(seed):
    _setup["pause"](seed)
    rng = random.Random(seed)
    return sum(rng.random() ** 2 + rng.random() ** 2 <= 1 for _ in range(_setup["darts"].value))


def main(context, pause):
    darts = context.Value("i", 30)
    hits = context.Value("i", 0)
    with ProcessPoolExecutor(2, mp_context=context, initializer=configure, initargs=(darts, pause)) as executor:
        for found in executor.map(throw, range(3)):
            hits.value += found
    return 4 * hits.value / (3 * darts.value)
