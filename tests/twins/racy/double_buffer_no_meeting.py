"""Two buffers change roles after each step, but nobody waits for the other half of the step."""


def smooth(old, new, start, stop, pause):
    for _ in range(3):
        for i in range(start, stop):
            new[i] = (old[i - 1] + old[i + 1]) / 2  # RACE unserialisable
        pause(1)
        old, new = new, old


def main(context, pause):
    edge = [100.0] + [0.0] * 6 + [50.0]
    a, b = context.Array("d", edge), context.Array("d", edge)
    left = context.Process(target=smooth, args=(a, b, 1, 4, pause))
    right = context.Process(target=smooth, args=(a, b, 4, 7, pause))
    left.start()
    right.start()
    left.join()
    right.join()
    return b[:]
