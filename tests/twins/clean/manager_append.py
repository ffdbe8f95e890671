"""Appending to a Manager's list is one call; the list is read when all have appended."""


def find(found, numbers, pause, rank):
    pause(rank)
    for n in numbers:
        if n % 3 == 0:
            found.append(n)


def main(context, pause):
    with context.Manager() as manager:
        found = manager.list()
        finders = [context.Process(target=find, args=(found, range(r, 20, 2), pause, r)) for r in (0, 1)]
        for finder in finders:
            finder.start()
        for finder in finders:
            finder.join()
        return sorted(found)
