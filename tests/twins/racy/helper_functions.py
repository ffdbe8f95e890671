"""The read is in one helper function, the write in another."""


def load(cell):
    return cell.value


def store(cell, value):
    cell.value = value  # RACE lost-update


def add_all(cell, numbers, pause, rank):
    pause(rank)
    for number in numbers:
        store(cell, load(cell) + number)


def main(context, pause):
    cell = context.Value("l", 0)
    parts = [range(0, 20), range(20, 40)]
    processes = [context.Process(target=add_all, args=(cell, part, pause, i)) for i, part in enumerate(parts)]
    [p.start() for p in processes]
    [p.join() for p in processes]
    return cell.value, sum(range(40))
