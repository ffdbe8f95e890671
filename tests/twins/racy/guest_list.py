"""There are eight seats. Two ushers look at the list's length, and write a guest down if it is short enough."""

SEATS = 8


def usher(guests, names, pause, rank):
    pause(rank)
    for name in names:
        if len(guests) < SEATS:
            guests.append(name)  # RACE unserialisable


def main(context, pause):
    with context.Manager() as manager:
        guests = manager.list()
        doors = [
            context.Process(target=usher, args=(guests, [f"{side}{n}" for n in range(6)], pause, rank))
            for rank, side in enumerate(("left", "right"))
        ]
        for door in doors:
            door.start()
        for door in doors:
            door.join()
        return list(guests)
