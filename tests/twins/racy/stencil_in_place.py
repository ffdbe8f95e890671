"""A smoothing step in place: what a neighbour reads may be old or new."""


def smooth(heat, start, stop, pause, rank):
    pause(rank)
    for i in range(start, stop):
        heat[i] = (heat[i - 1] + heat[i + 1]) / 2  # RACE unserialisable


def main(context, pause):
    heat = context.Array("d", [100.0] + [0.0] * 10 + [50.0])
    left = context.Process(target=smooth, args=(heat, 1, 6, pause, 0))
    right = context.Process(target=smooth, args=(heat, 6, 11, pause, 1))
    for side in (left, right):
        side.start()
    for side in (left, right):
        side.join()
    return heat[:]
