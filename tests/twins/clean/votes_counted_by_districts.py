"""Every district is counted by one task of an executor into a row of its own; the rows are added when all are done."""

from concurrent.futures import ProcessPoolExecutor

PARTIES = 3
_rows = None


def setup(rows):
    global _rows
    _rows = rows


def count(district, ballots, pause):
    pause(district)
    for party in ballots:
        _rows[district * PARTIES + party] += 1
    return len(ballots)


def main(context, pause):
    districts = [[0, 1, 1, 2], [2, 2, 0], [1, 0, 1, 1, 2]]
    rows = context.Array("i", PARTIES * len(districts))
    with ProcessPoolExecutor(3, context, setup, (rows,)) as executor:
        futures = [executor.submit(count, number, ballots, pause) for number, ballots in enumerate(districts)]
        total = sum(future.result() for future in futures)
    return [sum(rows[party::PARTIES]) for party in range(PARTIES)], total
