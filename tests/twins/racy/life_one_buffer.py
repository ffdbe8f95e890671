"""A line of cells lives on for two generations in one buffer: a neighbour may be a generation ahead already."""

GENERATIONS = 2


def alive(left, me, right):
    return int(left ^ (me | right))


def live(cells, start, stop, meeting, pause, rank):
    size = len(cells)
    for _ in range(GENERATIONS):
        pause(rank)
        born = [
            alive(cells[i - 1], cells[i], cells[(i + 1) % size])  # RACE unserialisable n
            for i in range(start, stop)
        ]
        for i, cell in enumerate(born, start):
            cells[i] = cell  # RACE unserialisable n
        meeting.wait()


def main(context, pause):
    cells = context.Array("b", [0, 0, 0, 1, 1, 0, 1, 0])
    meeting = context.Barrier(2)
    halves = [
        context.Process(target=live, args=(cells, 4 * rank, 4 * rank + 4, meeting, pause, rank)) for rank in range(2)
    ]
    for half in halves:
        half.start()
    for half in halves:
        half.join()
    return "".join(" #"[cell] for cell in cells)
