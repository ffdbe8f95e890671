"""Words are counted by a Pool, and the counts come back as results; only the least length is shared, and fixed."""

from collections import Counter

LINES = ["to be or not to be", "that is the question", "whether it is nobler", "to suffer or to be"]
least = None


def start(shared):
    global least
    least = shared


def count(job):
    rank, line, pause = job
    pause(rank % 2)
    return Counter(word for word in line.split() if len(word) >= least.value)


def main(context, pause):
    shared = context.Value("i", 1)
    shared.value = 2
    total = Counter()
    with context.Pool(2, initializer=start, initargs=(shared,)) as pool:
        for part in pool.imap_unordered(count, [(i, line, pause) for i, line in enumerate(LINES)]):
            total.update(part)
    return total.most_common(shared.value)
