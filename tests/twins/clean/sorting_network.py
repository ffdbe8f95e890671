"""A network of comparators sorts in phases: in one phase no two touch the same place, and all meet after each."""


def compare(values, i):
    if values[i] > values[i + 1]:
        values[i], values[i + 1] = values[i + 1], values[i]


def comparator(values, meeting, pause, rank):
    pause(rank)
    for phase in range(len(values)):
        i = 2 * rank + phase % 2
        if i + 1 < len(values):
            compare(values, i)
        meeting.wait()


def main(context, pause):
    values = context.Array("i", [9, 4, 7, 1, 8, 2], lock=False)
    meeting = context.Barrier(3)
    network = [context.Process(target=comparator, args=(values, meeting, pause, rank)) for rank in range(3)]
    for wire in network:
        wire.start()
    for wire in network:
        wire.join()
    assert list(values) == sorted(values)
    return values[:]
