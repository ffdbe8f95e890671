"""First everybody writes a row, then everybody reads the next one's: nobody waits in between."""


def work(rows, out, pause, rank):
    n = len(rows)
    pause(rank)
    rows[rank] = (rank + 1) ** 2  # RACE unprotected-access next
    pause(n - rank)
    out[rank] = rows[(rank + 1) % n] - rank  # RACE unprotected-access next


def main(context, pause):
    n = 3
    rows = context.Array("i", n, lock=False)
    out = context.Array("i", n, lock=False)
    team = []
    for rank in range(n):
        team.append(context.Process(target=work, args=(rows, out, pause, rank)))
        team[-1].start()
    while team:
        team.pop().join()
    return out[:]
