"""A tree is added up by a function that calls itself while it holds the lock."""

TREE = (1, (2, (3,), (4,)), (5, (6,)))


def add(tree, total):
    with total.get_lock():
        total.value += tree[0]
        for branch in tree[1:]:
            add(branch, total)


def worker(tree, total, pause, rank):
    pause(rank)
    add(tree, total)


def main(context, pause):
    total = context.Value("i", 0)
    workers = [context.Process(target=worker, args=(TREE, total, pause, rank)) for rank in range(2)]
    for w in workers:
        w.start()
    for w in workers:
        w.join()
    return total.value
