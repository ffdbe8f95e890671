"""When all have arrived at the barrier one of them adds up what all have brought; then all go on with the sum."""

from functools import partial


def add_up(parts, total):
    total.value = sum(parts)


def worker(parts, total, shares, meeting, pause, rank):
    pause(rank)
    parts[rank] = float((rank + 1) ** 2)
    meeting.wait()
    shares[rank] = parts[rank] / total.value


def main(context, pause):
    parts = context.RawArray("d", 3)
    total = context.RawValue("d", 0.0)
    shares = context.Array("d", 3)
    meeting = context.Barrier(3, action=partial(add_up, parts, total))
    workers = [context.Process(target=worker, args=(parts, total, shares, meeting, pause, rank)) for rank in range(3)]
    for w in workers:
        w.start()
    for w in workers:
        w.join()
    return round(sum(shares), 6)
