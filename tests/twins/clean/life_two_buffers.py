"""A line of cells lives on from one buffer into the other, and all meet before the buffers change places."""

GENERATIONS = 3


def alive(left, me, right):
    return int(left ^ (me | right))


def live(old, new, start, stop, meeting, pause, rank):
    size = len(old)
    for _ in range(GENERATIONS):
        pause(rank)
        for i in range(start, stop):
            new[i] = alive(old[i - 1], old[i], old[(i + 1) % size])
        meeting.wait()
        old, new = new, old


def main(context, pause):
    here = context.RawArray("b", [0, 0, 0, 1, 1, 0, 1, 0])
    there = context.RawArray("b", 8)
    meeting = context.Barrier(2)
    halves = []
    for rank in range(2):
        args = (here, there, 4 * rank, 4 * rank + 4, meeting, pause, rank)
        halves.append(context.Process(target=live, args=args))
    for half in halves:
        half.start()
    for half in halves:
        half.join()
    return "".join(" #"[cell] for cell in (there if GENERATIONS % 2 else here))
