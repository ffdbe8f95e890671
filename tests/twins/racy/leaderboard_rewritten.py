"""To enter a score the whole leaderboard is fetched, sorted, cut and written back."""

PLACES = 5


def enter(board, name, points):
    ranking = board[:]
    ranking.append((points, name))
    ranking.sort(reverse=True)
    board[:] = ranking[:PLACES]  # RACE lost-update


def play(board, name, games, pause, rank):
    pause(rank)
    for points in games:
        enter(board, name, points)


def main(context, pause):
    with context.Manager() as manager:
        board = manager.list([(10, "house")])
        players = []
        for rank, (name, games) in enumerate({"kim": [12, 40, 8], "lee": [33, 9, 21]}.items()):
            players.append(context.Process(target=play, args=(board, name, games, pause, rank)))
        for player in players:
            player.start()
        for player in players:
            player.join()
        return list(board)
