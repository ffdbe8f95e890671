"""The best score so far, kept by max(): the old best is read, then the new one is written."""


def search(best, scores, pause, rank):
    pause(rank)
    for score in scores:
        best.value = max(best.value, score)  # RACE lost-update


def main(context, pause):
    best = context.Value("i", 0)
    p1 = context.Process(target=search, args=(best, [3, 18, 7, 12], pause, 0))
    p2 = context.Process(target=search, args=(best, [14, 2, 25, 9], pause, 1))
    p1.start(), p2.start()
    p1.join(), p2.join()
    assert best.value <= 25
    return best.value
