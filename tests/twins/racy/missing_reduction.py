"""A dot product where every product goes straight into the shared sum."""

X = [0.5 * i for i in range(24)]
Y = [1.0 / (i + 1) for i in range(24)]


def dot(result, lo, hi, pause, rank):
    pause(rank)
    for x, y in zip(X[lo:hi], Y[lo:hi]):
        result.value += x * y  # RACE lost-update


def main(context, pause):
    result = context.Value("d", 0.0)
    step = 8
    ranks = range(len(X) // step)
    ps = [context.Process(target=dot, args=(result, r * step, (r + 1) * step, pause, r)) for r in ranks]
    list(map(lambda p: p.start(), ps))
    list(map(lambda p: p.join(), ps))
    return result.value
