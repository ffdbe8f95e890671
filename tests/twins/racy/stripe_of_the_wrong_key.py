"""There are stripes of locks, but the stripe comes from the die's face and the bin from half of it."""


def roll(bins, stripes, faces, pause, rank):
    pause(rank)
    for face in faces:
        with stripes[face % len(stripes)]:
            bins[face // 2] += 1  # RACE inconsistent-lock


def main(context, pause):
    bins = context.Array("i", 4, lock=False)
    stripes = [context.Lock(), context.Lock()]
    even = context.Process(target=roll, args=(bins, stripes, (2, 4, 6, 2, 4), pause, 0))
    odd = context.Process(target=roll, args=(bins, stripes, (1, 5, 3, 3, 5), pause, 1))
    for player in (even, odd):
        player.start()
    for player in (even, odd):
        player.join()
    return list(bins)
