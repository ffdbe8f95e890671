"""The wrapper's lock is held while the array without its wrapper is in use."""


def tally(counts, letters, pause, rank):
    pause(rank)
    with counts.get_lock():
        raw = counts.get_obj()
        for letter in letters:
            raw["abc".index(letter)] += 1


def main(context, pause):
    counts = context.Array("i", 3)
    one = context.Process(target=tally, args=(counts, "abacab", pause, 0))
    two = context.Process(target=tally, args=(counts, "cabbac", pause, 1))
    for process in (one, two):
        process.start()
    for process in (one, two):
        process.join()
    return dict(zip("abc", counts))
