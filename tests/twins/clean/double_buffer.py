"""A smoothing step from one array into another, with a meeting before the two change roles."""


def smooth(old, new, start, stop, barrier, pause, rank):
    pause(rank)
    for _ in range(4):
        for i in range(start, stop):
            new[i] = (old[i - 1] + old[i + 1]) / 2
        barrier.wait()
        old, new = new, old


def main(context, pause):
    edge = [100.0] + [0.0] * 10 + [50.0]
    old = context.Array("d", edge)
    new = context.Array("d", edge)
    barrier = context.Barrier(2)
    left = context.Process(target=smooth, args=(old, new, 1, 6, barrier, pause, 0))
    right = context.Process(target=smooth, args=(old, new, 6, 11, barrier, pause, 1))
    for side in (left, right):
        side.start()
    for side in (left, right):
        side.join()
    return old[:]
