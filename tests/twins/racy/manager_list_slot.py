"""A Manager's list as a score board: one team's points come from two referees."""

HOME, GUESTS = 0, 1


def referee(board, goals, pause, rank):
    pause(rank)
    for team, points in goals:
        board[team] += points  # RACE lost-update


def main(context, pause):
    with context.Manager() as m:
        board = m.list([0, 0])
        first = context.Process(target=referee, args=(board, [(HOME, 2), (HOME, 1), (GUESTS, 3)], pause, 0))
        second = context.Process(target=referee, args=(board, [(GUESTS, 1), (HOME, 3)], pause, 1))
        first.start()
        second.start()
        first.join()
        second.join()
        return list(board)
