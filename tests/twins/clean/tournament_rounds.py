"""A tournament: all matches of a round are played at the same time, and over before the next round is drawn."""


def match(players, winners, number, pause):
    pause(number)
    a, b = players[2 * number], players[2 * number + 1]
    winners[number] = a if a * 7 % 11 > b * 7 % 11 else b


def play_round(context, pause, players):
    winners = context.Array("i", len(players) // 2)
    matches = [context.Process(target=match, args=(players, winners, n, pause)) for n in range(len(winners))]
    for one in matches:
        one.start()
    for one in matches:
        one.join()
    return winners


def main(context, pause):
    players = context.Array("i", [1, 2, 3, 4])
    while len(players) > 1:
        players = play_round(context, pause, players)
    return players[0]
